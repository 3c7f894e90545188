// Keys for the whole page while the map is on it.

const TEXT_INPUTS = new Set(["text", "search", "number", "email", "url", "tel", "password", "date", "time"]);
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PAN_PX = 140;
// Elements that move something of their own with the arrow keys.
const ARROW_ROLES = new Set(["slider", "tab", "radio", "listbox", "option", "menuitem", "menu", "spinbutton", "grid"]);

export class Keys {
  constructor(view) {
    this.view = view;
    this.listener = (event) => this.#pressed(event);
  }

  attach() {
    // In the capture phase, to be ahead of Streamlit's own keys.
    document.addEventListener("keydown", this.listener, true);
  }

  detach() {
    document.removeEventListener("keydown", this.listener, true);
  }

  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const path = event.composedPath();
    // Shadow roots hide the true target from event.target.
    const target = path[0];
    if (!(target instanceof Element) || writesText(target, path)) return;
    // A list keeps the letters and arrows with which one chooses in it.
    if (target.tagName === "SELECT" && !/^([1-9+?-]|Escape)$/.test(event.key)) return;
    const isInside = path.includes(this.view.root);
    if (!isInside && !isInSight(this.view.root)) return;
    if (this.#act(event, target, isInside)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (isInside && (event.key === "c" || event.key === "r")) {
      // Streamlit would clear its cache or run the script again.
      event.stopPropagation();
    }
  }

  /** True if the key meant something to the map. */
  #act(event, target, isInside) {
    const { view } = this;
    const { key } = event;
    if (key in ARROWS) {
      if (usesArrows(target) || event.shiftKey) return false;
      view.map.panBy(ARROWS[key].map((step) => step * PAN_PX), { duration: 0.15 });
    } else if (key === "+" || key === "=") view.map.zoomIn();
    else if (key === "-" || key === "_" || key === "−") view.map.zoomOut();
    else if (/^[1-9]$/.test(key)) return this.#toggle(Number(key));
    else if (key === "f") view.toggleFullScreen();
    else if (key === "i") view.inspector.toggle();
    else if (key === "l") view.panel.toggle();
    else if (key === "?") view.tools.toggleHelp();
    else if (key === "Escape") return this.#escape();
    else if (key === "Enter" && isInside && target === view.canvas) view.inspector.pick(view.map.getCenter());
    else return false;
    return true;
  }

  /** Numbers count from the top of the panel, where they are shown. */
  #toggle(number) {
    const { layers } = this.view.choices;
    const layer = layers[layers.length - number];
    if (!layer) return false;
    this.view.toggleLayer(layer.id);
    return true;
  }

  #escape() {
    const { tools, inspector } = this.view;
    if (tools.helpIsOpen) tools.toggleHelp(false);
    else if (inspector.isOpen) inspector.close();
    else return false;
    return true;
  }
}

function writesText(target, path) {
  if (target.tagName === "INPUT") return TEXT_INPUTS.has(target.type);
  if (target.tagName === "TEXTAREA" || target.isContentEditable) return true;
  return path.some(
    (node) =>
      node instanceof Element &&
      (["combobox", "textbox", "searchbox"].includes(node.getAttribute("role")) ||
        node.hasAttribute("data-eo-keys-off") ||
        (node.getAttribute("role") === "dialog" && !node.classList.contains("eo-help"))),
  );
}

/** Keys from elsewhere on the page are for the map only while one sees what they do. */
function isInSight(root) {
  const { top, bottom } = root.getBoundingClientRect();
  return Math.min(bottom, window.innerHeight) - Math.max(top, 0) > 120;
}

function usesArrows(target) {
  return target.tagName === "INPUT" || ARROW_ROLES.has(target.getAttribute("role"));
}
