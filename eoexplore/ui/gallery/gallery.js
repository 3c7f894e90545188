// Entry of the gallery: loads the styles once, then creates, parks and adopts galleries.
//
// As on the map (../map.js), an unmounted gallery is parked, not destroyed: Streamlit unmounts by
// itself now and then, and at each change of the page.

const release = new URL(import.meta.url).search;
const [{ GalleryView }, { sheet }] = await Promise.all([
  import(`./view.js${release}`),
  import(`../sheets.js${release}`),
]);

const counters = (window.__eogallery ??= { created: 0, destroyed: 0, updates: 0, adopted: 0 });
const live = new Map(); // element of Streamlit → GalleryView
const tickets = new WeakMap(); // element of Streamlit → number of its latest call
const SHARED = ["map", "tools", "panel", "adjust", "card", "viewer", "spectrum", "legend"];
const STYLES = [...SHARED.map((name) => `/ui/${name}.css`), "/ui/gallery/gallery.css", "/ui/gallery/tiles.css"];
let parked = null;
let loading = null;

/** Called by the bootstrap of the component. Resolves to the function that unmounts. */
export async function mount(component) {
  const { data, parentElement } = component;
  const ticket = (tickets.get(parentElement) ?? 0) + 1;
  tickets.set(parentElement, ticket);
  // Streamlit also calls the clean-up of a call that a newer one has overtaken.
  const isLatest = () => tickets.get(parentElement) === ticket;
  loading ??= Promise.all(STYLES.map((path) => sheet(`${data.base ?? ""}${path}${release}`)));
  const sheets = await loading.catch((error) => {
    loading = null; // the next change of the data tries again
    throw error;
  });
  if (isLatest()) show(component, sheets);
  return () => isLatest() && park(parentElement);
}

function show(component, sheets) {
  const { data, parentElement: parent } = component;
  let view = live.get(parent);
  if (view && view.dataset !== data.dataset) {
    destroy(view);
    view = null;
  }
  if (!view) {
    view = adopt(data.dataset) ?? create(data);
    live.set(parent, view);
    parent.getRootNode().adoptedStyleSheets = sheets;
    // A gallery that an earlier release of these files left in this element.
    parent.querySelectorAll?.(".eo-root").forEach((other) => other.remove());
    parent.append(view.root);
    view.attach();
  }
  counters.updates += 1;
  view.update(data, component);
}

function create(data) {
  counters.created += 1;
  return new GalleryView(data);
}

function adopt(dataset) {
  const view = parked;
  parked = null;
  if (!view) return null;
  if (view.dataset !== dataset) {
    destroy(view);
    return null;
  }
  counters.adopted += 1;
  return view;
}

function park(parent) {
  const view = live.get(parent);
  if (!view) return;
  live.delete(parent);
  view.detach();
  if (parked) destroy(parked);
  parked = view;
}

function destroy(view) {
  for (const [parent, other] of live) if (other === view) live.delete(parent);
  view.destroy();
  counters.destroyed += 1;
}
