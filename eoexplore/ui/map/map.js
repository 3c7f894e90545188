// Entry of the map component: loads Leaflet and the styles, and makes maps.

// Every file carries the version of this one: a browser never mixes the files of two releases.
const release = new URL(import.meta.url).search;
const [{ MapView }, { lifecycle, sheetsOf }] = await Promise.all(
  ["view", "component/lifecycle"].map((name) => import(`./${name}.js${release}`)),
);

const STYLES = [
  "/vendor/leaflet/leaflet.css",
  ...["map", "tools", "panel", "adjust", "compare", "card", "viewer", "spectrum", "legend"].map((name) => `/ui/${name}.css${release}`),
];

/** Called by the bootstrap of the component. Resolves to the function that unmounts. */
export const mount = lifecycle("__eoexplore", async (base) => {
  const [sheets] = await Promise.all([
    sheetsOf(STYLES.map((path) => base + path)),
    // Leaflet's minified file is no module; it puts itself on the window.
    import(`${location.origin}${base}/vendor/leaflet/leaflet.js`),
  ]);
  const L = globalThis.leaflet ?? globalThis.L;
  return { sheets, create: (data) => new MapView(L, data) };
});
