// What a page with a list that the server keeps has in common with another: it comes, goes and ends.

/** A view with `root`, `frame`, `address`, `keys`, `toast` and `scroller`. */
export class ListView {
  attach() {
    this.attached = true;
    this.frame.attach();
    this.address.attach();
    this.keys.attach();
    if (this.top) this.scroller.scrollTop = this.top;
  }

  detach() {
    this.attached = false;
    this.top = this.scroller.scrollTop;
    this.frame.detach();
    this.address.detach();
    this.keys.detach();
    this.root.remove();
  }

  destroy() {
    if (this.attached) this.detach();
    this.request?.abort();
  }

  say(text) {
    if (text) this.toast.say(text);
  }

  ask(payload) {
    this.component?.setTriggerValue?.("ask", payload);
  }
}
