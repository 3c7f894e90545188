// A button of the toolbar with a small window beside it: prepared views, and what can be taken away.

const release = new URL(import.meta.url).search;
const { el, iconButton } = await import(`./dom.js${release}`);

export class Menu {
  /**
   * @param {object} view
   * @param {{icon: string, label: string, title: string, fill: function(): Node[]}} options `fill` is
   *   called each time the menu is opened
   */
  constructor(view, { icon, label, title, fill }) {
    this.view = view;
    this.fill = fill;
    this.button = iconButton(icon, label, () => this.toggle());
    this.button.setAttribute("aria-haspopup", "true");
    this.button.setAttribute("aria-expanded", "false");
    this.body = el("div", { class: "eo-menu-body" });
    const close = iconButton("close", "Close (Esc)", () => this.toggle(false), "eo-quiet");
    this.element = el(
      "section",
      { class: "eo-menu eo-surface", "aria-label": title, hidden: true },
      el("header", {}, el("h2", { text: title }), close),
      this.body,
    );
    view.keys.add([{ key: "Escape", rank: 6, act: () => (this.isOpen ? this.toggle(false) : false) }]);
  }

  get isOpen() {
    return !this.element.hidden;
  }

  toggle(isOpen = !this.isOpen) {
    const hadFocus = this.element.contains(this.view.root.getRootNode().activeElement);
    if (isOpen) {
      this.body.replaceChildren(...this.fill());
      this.onOpen?.();
    }
    this.element.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) this.element.querySelector("button, a")?.focus({ preventScroll: true });
    else if (hadFocus) this.button.focus({ preventScroll: true });
  }
}
