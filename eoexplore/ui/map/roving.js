// Many buttons as one stop of the Tab key: the arrow keys, Home and End go on among them.

/**
 * @param {Element} element around the buttons
 * @param {HTMLElement[][]} rows the buttons, row by row
 */
export function rove(element, rows) {
  const all = rows.flat();
  const stopAt = (button) => all.forEach((other) => (other.tabIndex = other === button ? 0 : -1));
  stopAt(all[0]);
  element.dataset.eoArrows = ""; // keys.js leaves the arrows to it
  element.addEventListener("focusin", ({ target }) => all.includes(target) && stopAt(target));
  element.addEventListener("keydown", (event) => {
    const row = rows.findIndex((buttons) => buttons.includes(event.target));
    const column = rows[row]?.indexOf(event.target);
    const ways = {
      ArrowUp: rows[row - 1]?.[column],
      ArrowDown: rows[row + 1]?.[column],
      ArrowLeft: rows[row]?.[column - 1],
      ArrowRight: rows[row]?.[column + 1],
      Home: rows[0]?.[column],
      End: rows.at(-1)?.[column],
    };
    if (row < 0 || !(event.key in ways)) return;
    event.preventDefault();
    ways[event.key]?.focus();
  });
}
