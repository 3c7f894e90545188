// Entry of the page of label quality: loads the styles, most of them the map's, and makes views.

const release = new URL(import.meta.url).search;
const [{ QualityView }, { lifecycle, sheetsOf }] = await Promise.all([
  import(`./view.js${release}`),
  import(`../component/lifecycle.js${release}`),
]);

const SHARED = ["map", "listview", "tools", "panel", "adjust", "card", "viewer"];
const OWN = ["quality/quality", "quality/queue", "quality/finding"];
const STYLES = [...SHARED, ...OWN].map((name) => `/ui/${name}.css${release}`);

/** Called by the bootstrap of the component. Resolves to the function that unmounts. */
export const mount = lifecycle("__eoquality", async (base) => {
  const sheets = await sheetsOf(STYLES.map((path) => base + path));
  return { sheets, create: (data) => new QualityView(data) };
});
