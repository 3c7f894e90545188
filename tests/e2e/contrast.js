// Every piece of text that is seen, with its contrast against what lies behind it (WCAG 2.2, 1.4.3).
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const cache = new Map();
  // A canvas knows every notation of a colour that the browser knows.
  const rgba = (text) => {
    if (!cache.has(text)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      cache.set(text, [r, g, b, a / 255]);
    }
    return cache.get(text);
  };
  const over = (top, below) => {
    const alpha = top[3] + below[3] * (1 - top[3]);
    if (alpha === 0) return [0, 0, 0, 0];
    const mix = (i) => (top[i] * top[3] + below[i] * below[3] * (1 - top[3])) / alpha;
    return [mix(0), mix(1), mix(2), alpha];
  };
  const parentOf = (node) => node.assignedSlot ?? node.parentElement ?? node.getRootNode().host ?? null;
  const behind = (node) => {
    const { x, y, width, height } = node.getBoundingClientRect();
    const isUnder = ({ left, top, right, bottom }) =>
      left <= x + width / 2 && x + width / 2 <= right && top <= y + height / 2 && y + height / 2 <= bottom;
    let colour = [0, 0, 0, 0];
    let isScrolled = false; // from there on the place on the page says nothing
    for (let at = node; at && colour[3] < 0.999; at = parentOf(at)) {
      // Pictures lie under the panels of a map: what is not opaque there is judged on both extremes.
      if (at.classList?.contains("eo-root")) return colour;
      // Some texts stand beside the element that they belong to, such as the value of a slider.
      const style = getComputedStyle(at);
      isScrolled ||= at !== node && style.overflowY !== "visible";
      if (isScrolled || isUnder(at.getBoundingClientRect())) colour = over(colour, rgba(style.backgroundColor));
    }
    return over(colour, [255, 255, 255, 1]);
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (one, two) => {
    const [low, high] = [luminance(one), luminance(two)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const isSeen = (node) => {
    if (!node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    const box = node.getBoundingClientRect();
    return box.width > 1 && box.height > 1;
  };
  /** How much of an element is left by what makes it and those around it fade. */
  const strength = (node) => {
    let share = 1;
    for (let at = node; at; at = parentOf(at)) share *= Number(getComputedStyle(at).opacity);
    return share;
  };
  /** What is written in an element itself, and its colour. */
  const written = (node) => {
    const style = getComputedStyle(node);
    if (node.matches("input, textarea")) {
      if (["checkbox", "radio", "range", "color", "file"].includes(node.type)) return ["", ""];
      if (node.value) return [node.value, style.color];
      return [node.placeholder, getComputedStyle(node, "::placeholder").color];
    }
    if (node.matches("select")) return [node.selectedOptions[0]?.textContent ?? "", style.color];
    const text = [...node.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data.trim());
    return [text.join(" ").trim(), node.closest("svg") ? style.fill : style.color];
  };
  // Icons are letters of a font that stand for pictures; their buttons have names.
  const NO_TEXT = "[data-testid=stIconMaterial], style, script, option, title, desc, template";
  const found = [];
  const look = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) look(node.shadowRoot);
      if (node.closest(NO_TEXT) || node.closest(":disabled, [aria-disabled=true]")) continue;
      const [text, colour] = written(node);
      if (!text || !isSeen(node)) continue;
      const style = getComputedStyle(node);
      const back = behind(node);
      const [r, g, b, a] = rgba(colour);
      const ink = [r, g, b, a * strength(node)];
      const worst = [[0, 0, 0, 1], [255, 255, 255, 1]].map((end) => {
        const ground = over(back, end);
        return ratio(over(ink, ground), ground);
      });
      const size = parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const where = `${node.tagName} ${node.getAttribute("class") ?? ""}`.slice(0, 60);
      found.push({ text: text.slice(0, 60), ratio: Math.min(...worst), least: isLarge ? 3 : 4.5, where });
    }
  };
  // What is fading in or out just now is judged as it will be.
  for (const one of document.getAnimations()) if (one.effect.getComputedTiming().endTime !== Infinity) one.finish();
  look(document);
  return found;
})()
