// Entry of the gallery: loads the styles, most of them the map's, and makes galleries.

const release = new URL(import.meta.url).search;
const [{ GalleryView }, { lifecycle, sheetsOf }] = await Promise.all([
  import(`./view.js${release}`),
  import(`../component/lifecycle.js${release}`),
]);

const SHARED = ["map", "listview", "tools", "panel", "adjust", "card", "viewer", "spectrum", "legend"];
const STYLES = [...SHARED, "gallery/gallery", "gallery/tiles"].map((name) => `/ui/${name}.css${release}`);

/** Called by the bootstrap of the component. Resolves to the function that unmounts. */
export const mount = lifecycle("__eogallery", async (base) => {
  const sheets = await sheetsOf(STYLES.map((path) => base + path));
  return { sheets, create: (data) => new GalleryView(data) };
});
