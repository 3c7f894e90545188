// How a component of ours lives in Streamlit's page: it is created, parked and adopted.
//
// Streamlit calls `mount` at every change of the data, with the same element, and the function that
// it returned at unmount. It also unmounts by itself now and then, and at each page switch. So an
// unmounted view is parked, not destroyed: the next mount of the same dataset adopts it as it was.

/**
 * @param {string} name of the counters on the window, which tests read
 * @param {function(string): Promise<{sheets: Array<CSSStyleSheet>, create: function(object)}>} load
 *   called once with the server's base path; `create` makes a view {dataset, root, attach, update,
 *   detach, destroy} from the data
 * @returns {function(object): Promise<function()>} what the bootstrap calls
 */
export function lifecycle(name, load) {
  const counters = (window[name] ??= { created: 0, destroyed: 0, updates: 0, adopted: 0 });
  const live = new Map(); // element of Streamlit → view
  const tickets = new WeakMap(); // element of Streamlit → number of its latest call
  let parked = null;
  let loading = null;

  async function mount(component) {
    const { data, parentElement } = component;
    const ticket = (tickets.get(parentElement) ?? 0) + 1;
    tickets.set(parentElement, ticket);
    // Streamlit also calls the clean-up of a call that a newer one has overtaken, while the element
    // stays: only the latest call may show or park anything.
    const isLatest = () => tickets.get(parentElement) === ticket;
    loading ??= load(data.base ?? "");
    const loaded = await loading.catch((error) => {
      loading = null; // the next change of the data tries again
      throw error;
    });
    if (isLatest()) show(component, loaded);
    return () => isLatest() && park(parentElement);
  }

  function show(component, { sheets, create }) {
    const { data, parentElement: parent } = component;
    let view = live.get(parent);
    if (view && view.dataset !== data.dataset) {
      destroy(view);
      view = null;
    }
    if (!view) {
      view = adopt(data.dataset);
      if (!view) {
        counters.created += 1;
        view = create(data);
      }
      live.set(parent, view);
      parent.getRootNode().adoptedStyleSheets = sheets;
      // One that an earlier release of these files left in this element.
      parent.querySelectorAll?.(".eo-root").forEach((other) => other.remove());
      parent.append(view.root);
      view.attach(data);
    }
    counters.updates += 1;
    view.update(data, component);
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

  return mount;
}

/**
 * The styles of a component that lives in a shadow root: they can be given to each new one without
 * a flash of naked content.
 */
export function sheetsOf(urls) {
  return Promise.all(urls.map(sheetOf));
}

async function sheetOf(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`The style ${url} could not be loaded (${answer.status}).`);
  const made = new CSSStyleSheet();
  made.replaceSync(await answer.text());
  return made;
}
