// The keys of the gallery, for the table of ../keys.js.

const IN_GRID = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "Enter", " "];
const AHEAD = 6; // of the card, which uses arrows with Shift as well

export function galleryKeys(view) {
  const inGrid = ({ event, target }) => view.grid.act(event, target);
  const page = (step) => ({ target }) => (view.grid.holds(target) ? view.turnPage(step) : false);
  const listed = (shown, meaning) => ({ key: [], shown, meaning, act: () => false });
  return [
    { key: IN_GRID, shown: "← ↑ → ↓", meaning: "go from tile to tile; Home and End: along the row", rank: AHEAD, act: inGrid },
    listed("Enter", "open the card of the patch; Esc closes it"),
    listed("Space", "pick the patch, or put it back; Shift + arrow picks several"),
    listed("Ctrl + A", "pick all patches of the page"),
    { key: "PageDown", shown: "PageUp PageDown", meaning: "page before and after", act: page(1) },
    { key: "PageUp", act: page(-1) },
    { key: "i", meaning: "open or close the card of the patch", act: () => view.inspector.toggle() },
    {
      key: "Escape",
      shown: "Esc",
      meaning: "close what is open: lists first, then the card; then put back what is picked",
      act: () => view.picks.ids.size > 0 && (view.picks.clear(), true),
    },
    { key: "Escape", rank: 2, act: () => view.inspector.isOpen && (view.inspector.close(), true) },
    { key: "Escape", rank: 6, act: () => view.controls.popupIsOpen && (view.controls.closePopup(), true) },
    { key: "Escape", rank: 7, act: () => view.picks.menuIsOpen && (view.picks.closeMenu(), true) },
    { key: "Escape", rank: 10, act: () => view.tools.helpIsOpen && (view.tools.toggleHelp(false), true) },
    { key: "?", meaning: "show this list", act: () => view.tools.toggleHelp() },
  ];
}
