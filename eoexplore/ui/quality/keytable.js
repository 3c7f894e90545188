// The keys of the page of label quality, for the table of ../keys.js.

const release = new URL(import.meta.url).search;
const { SLOTS } = await import(`./pictures.js${release}`);

const PIXEL = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function qualityKeys(view) {
  const { pictures } = view.finding;
  // What moves something of its own keeps its keys.
  const isFree = (target) => !target.closest("[role=slider], input, select, [data-eo-arrows]");
  const step = (by) => ({ target }) => (isFree(target) ? void view.step(by) : false);
  const to = (rank) => ({ target }) => (isFree(target) ? void view.choose(rank(), true) : false);
  const inPictures = ({ event, target }) => {
    if (!target.closest(".eo-pictures")) return false;
    return void pictures.movePixel(...PIXEL[event.key]);
  };
  return [
    { key: ["j", "n", "ArrowDown", "ArrowRight"], shown: "j  n  ↓", meaning: "next finding", act: step(1) },
    { key: ["k", "p", "ArrowUp", "ArrowLeft"], shown: "k  p  ↑", meaning: "previous finding", act: step(-1) },
    { key: Object.keys(PIXEL), rank: 3, shown: "← ↑ → ↓", meaning: "in the pictures: move the pixel", act: inPictures },
    { key: "Home", meaning: "strongest finding", act: to(() => 0) },
    { key: "End", meaning: "weakest finding", act: to(() => view.total - 1) },
    { key: ["1", "2", "3", "4"], shown: "1 – 4", meaning: "enlarge one picture; once more: all of them", act: ({ event }) => view.enlarge(SLOTS[Number(event.key) - 1]) },
    { key: "0", meaning: "all pictures", act: () => view.enlarge(null) },
    { key: "o", meaning: "outline of what was found, on and off", act: () => pictures.toggleOutline() },
    { key: "b", meaning: "held: the label map in the place of the optical picture", act: () => pictures.blink(true), release: () => pictures.blink(false) },
    { key: ["+", "="], shown: "+ −", meaning: "zoom the pictures in and out", act: () => pictures.viewer.zoomBy(2) },
    { key: ["-", "_", "−"], act: () => pictures.viewer.zoomBy(0.5) },
    { key: "m", meaning: "open the map at the finding", act: () => view.openMap() },
    { key: "Escape", shown: "Esc", meaning: "close what is open: lists first, then the enlarged picture", act: () => view.closeFinding() },
    { key: "Escape", rank: 2, act: () => pictures.large !== null && (pictures.enlarge(null), true) },
    { key: "Escape", rank: 6, act: () => view.bar.menuIsOpen && (view.bar.toggleReasons(false), true) },
    { key: "Escape", rank: 10, act: () => view.tools.helpIsOpen && (view.tools.toggleHelp(false), true) },
    { key: "?", meaning: "show this list", act: () => view.tools.toggleHelp() },
  ];
}
