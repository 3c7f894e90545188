// The stand-alone HTML map: switches layers and shows the outlines of patches. The map and the
// pictures are made by folium before this runs; text reaches the page through textContent only.
(() => {
  const map = window.map_eoexplore;
  const data = JSON.parse(document.getElementById("eo-data").textContent);

  map.setMinZoom(Math.max(0, data.zoom - 3));
  map.setMaxBounds(L.latLngBounds(data.bounds).pad(1));

  for (const box of document.querySelectorAll("[data-layer]")) {
    const layer = window[`image_overlay_eoexplore_${Number(box.dataset.layer)}`];
    box.addEventListener("change", () => (box.checked ? layer.addTo(map) : layer.remove()));
  }

  const about = ({ properties: { id, date, country, split, labels } }) => {
    const text = document.createElement("div");
    text.textContent = [id, date, country, split, labels.join(", ")].filter(Boolean).join(" · ");
    return text;
  };
  const outlines = L.geoJSON(data.outlines, {
    style: () => ({ color: "#ffe14d", weight: 1.5, fillOpacity: 0.01 }),
    onEachFeature: (feature, layer) => layer.bindPopup(() => about(feature)),
  });
  document.getElementById("eo-count").textContent = data.said;
  const box = document.getElementById("eo-outlines");
  box.disabled = data.outlines.features.length === 0;
  box.addEventListener("change", () => (box.checked ? outlines.addTo(map) : outlines.remove()));
  window.eoReady = true;
})();
