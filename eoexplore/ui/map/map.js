// Entry of the map component: loads Leaflet and the style once, then creates, parks and adopts maps.
//
// Streamlit calls `mount` at every change of the data, with the same element, and the function that
// it returned at unmount. It also unmounts by itself now and then, and at each page switch. So an
// unmounted map is parked, not destroyed: the next mount of the same dataset adopts it with its
// view, tiles and layers as they were.

// Every file carries the version of this one: a browser never mixes the files of two releases.
const release = new URL(import.meta.url).search;
const [{ MapView }, { sheet }] = await Promise.all(["view", "sheets"].map((name) => import(`./${name}.js${release}`)));

const counters = (window.__eoexplore ??= { created: 0, destroyed: 0, updates: 0, adopted: 0 });
const live = new Map(); // element of Streamlit → MapView
const tickets = new WeakMap(); // element of Streamlit → number of its latest call
const STYLES = [
  "/vendor/leaflet/leaflet.css",
  ...["map", "tools", "panel", "adjust", "compare", "card", "viewer", "spectrum", "legend"].map((name) => `/ui/${name}.css${release}`),
];
let parked = null;
let loading = null;

/** Called by the bootstrap in component.py. Resolves to the function that unmounts. */
export async function mount(component) {
  const { data, parentElement } = component;
  const ticket = (tickets.get(parentElement) ?? 0) + 1;
  tickets.set(parentElement, ticket);
  // Streamlit also calls the clean-up of a call that a newer one has overtaken, while the element
  // stays: only the latest call may show or park anything.
  const isLatest = () => tickets.get(parentElement) === ticket;
  loading ??= load(data.base ?? "");
  const { L, sheets } = await loading.catch((error) => {
    loading = null; // the next change of the data tries again
    throw error;
  });
  if (isLatest()) show(component, L, sheets);
  return () => isLatest() && park(parentElement);
}

async function load(base) {
  const [sheets] = await Promise.all([
    Promise.all(STYLES.map((path) => sheet(base + path))),
    // Leaflet's minified file is no module; it puts itself on the window.
    import(`${location.origin}${base}/vendor/leaflet/leaflet.js`),
  ]);
  return { L: globalThis.leaflet ?? globalThis.L, sheets };
}

function show(component, L, sheets) {
  const { data, parentElement: parent } = component;
  let view = live.get(parent);
  if (view && view.dataset !== data.dataset) {
    destroy(view);
    view = null;
  }
  if (!view) {
    view = adopt(data.dataset) ?? create(L, data);
    live.set(parent, view);
    const scope = parent.getRootNode();
    scope.adoptedStyleSheets = sheets;
    // A map that an earlier release of these files left in this element.
    parent.querySelectorAll?.(".eo-root").forEach((other) => other.remove());
    parent.append(view.root);
    view.attach(data);
  }
  counters.updates += 1;
  view.update(data, component);
}

function create(L, data) {
  counters.created += 1;
  return new MapView(L, data);
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
