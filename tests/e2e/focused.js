// The element that has the focus: in which part of the page, its name, and whether a ring shows it.
(() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  const hasRing = [null, "::after"].map((which) => getComputedStyle(node, which)).some((style) =>
    (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none");
  const parts = { card: ".eo-card", panel: ".eo-panel", tools: ".eo-tools", map: ".eo-map, .eo-divider" };
  const part = Object.keys(parts).find((name) => node.closest(parts[name])) ?? null;
  const name = node.getAttribute("aria-label") || node.textContent.trim().slice(0, 40);
  return { part, name, hasRing };
})()
