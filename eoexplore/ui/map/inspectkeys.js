// The keys of the inspector, for the table of keys.js. Those of a higher rank come before the map's
// own meaning of the same key, and give it back (false) when they are not meant.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const SIDES = { ArrowLeft: "west", ArrowRight: "east", ArrowUp: "north", ArrowDown: "south" };
const BESIDE = 5;

export function inspectorKeys(inspector) {
  const { viewer } = inspector;
  const inViewer = () => inspector.isOpen && viewer.isFocused;
  /** Do something only when it is meant. */
  const when = (isMeant, act) => (context) => isMeant(context) && (act(context), true);
  const arrows = Object.keys(ARROWS);
  return [
    {
      key: arrows,
      shown: "← ↑ → ↓",
      meaning: "with the card's pictures in focus: move the pixel",
      rank: BESIDE,
      act: when(({ event }) => inViewer() && !event.shiftKey, ({ event }) => inspector.movePixel(...ARROWS[event.key])),
    },
    {
      key: arrows,
      shown: "Shift + arrow",
      meaning: "with the card open: the neighbouring patch",
      rank: BESIDE,
      act: when(({ event }) => inspector.isOpen && event.shiftKey, ({ event }) => inspector.step(SIDES[event.key])),
    },
    { key: ["+", "="], rank: BESIDE, act: when(inViewer, () => viewer.zoomBy(2)) },
    { key: ["-", "_", "−"], rank: BESIDE, act: when(inViewer, () => viewer.zoomBy(0.5)) },
    { key: "n", shown: "n p", meaning: "next and previous patch of the selection", act: () => void inspector.step("next") },
    { key: "p", act: () => void inspector.step("previous") },
    {
      key: ["[", "]"],
      shown: "[ ]",
      meaning: "with the card open: the place's date before and after",
      rank: BESIDE,
      act: when(
        () => inspector.isOpen && (inspector.patch?.dates?.length ?? 0) > 1,
        ({ event }) => inspector.stepDate(event.key === "[" ? -1 : 1),
      ),
    },
  ];
}
