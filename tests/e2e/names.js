// Buttons, fields, charts and pictures that have no name for those who cannot see them.
(() => {
  const found = [];
  const kinds =
    "button, input, select, textarea, a[href], summary, img, canvas, svg, [role=slider], [role=img], " +
    "[role=tab], [role=radio], [role=option], [role=application], [tabindex='0']";
  const look = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) look(node.shadowRoot);
      if (!node.matches(kinds) || !node.checkVisibility()) continue;
      // Icons stand in a button that has a name; tiles belong to the map, which has one.
      if (node.closest(".leaflet-pane, [aria-hidden=true]")) continue;
      if (node.matches("svg") && node.closest("button, a, [role=button]")) continue;
      const label = node.labels?.[0]?.textContent.trim() || node.closest("label")?.textContent.trim();
      const by = node.getAttribute("aria-labelledby");
      const name = node.getAttribute("aria-label") || (by && root.getElementById?.(by)?.textContent)
        || node.getAttribute("alt") || node.title || node.textContent.trim() || label;
      if (!name) found.push(node.outerHTML.slice(0, 160));
    }
  };
  look(document);
  return found;
})()
