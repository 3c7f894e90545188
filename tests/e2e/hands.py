"""Somebody at the map who does everything with the keyboard."""

from tests.e2e.random_views import Watched

MATCHES = """
(selector) => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return Boolean(node?.matches(selector));
}
"""


class Hands:
    """Somebody at the map who does everything with the keyboard."""

    def __init__(self, page):
        self.app = page
        self.watched = Watched(page)
        self.page = page.page
        self.at = page.at

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def on_map(self, *keys):
        """Press keys with the map in focus."""
        self.at(".eo-map").first.focus()
        self.press(*keys)
        self.watched.quiet()

    def tab_to(self, selector, key="Tab"):
        for _ in range(120):
            if self.page.evaluate(MATCHES, selector):
                return self
            self.page.keyboard.press(key)
        raise AssertionError(f"{key} does not lead to {selector}")

    def state(self, name):
        self.watched.quiet()
        return self.app.parameter(name)
