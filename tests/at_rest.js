// Put into every page of a test before anything else of it runs: what the page still waits for, so
// that a test need not sleep, neither too long on a quick machine nor too short on a slow one.
(() => {
  const SOON_MS = 400; // later than this come hints that go away, and second tries
  const ANSWER_MS = 5000; // most of what is sent is answered; nothing waits longer for one that is not
  const OURS = /\/(ui|vendor)\//;
  const CHECKS = 3; // a page that is held up for long is not calm, it only could not say so

  window.scope = () =>
    [...document.querySelectorAll("*")].map((node) => node.shadowRoot).find((root) => root?.querySelector(".eo-root"));

  // What the map puts off for a moment, such as writing the address.
  const putOff = new Set();
  const { setTimeout: later, clearTimeout: never } = window;
  window.setTimeout = (act, delay = 0, ...given) => {
    const run = (...all) => {
      putOff.delete(id);
      return act(...all);
    };
    const id = later.call(window, run, delay, ...given);
    if (delay <= SOON_MS && OURS.test(new Error().stack)) putOff.add(id);
    return id;
  };
  window.clearTimeout = (id) => {
    putOff.delete(id);
    never.call(window, id);
  };

  let asked = 0;
  const { fetch } = window;
  window.fetch = (...given) => {
    asked += 1;
    return fetch.call(window, ...given).finally(() => (asked -= 1));
  };

  // A run that was asked for, before the app says that it runs.
  let sent = null;
  const heard = new WeakSet();
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (...given) {
    sent = performance.now();
    if (!heard.has(this)) this.addEventListener("message", () => (sent = null));
    heard.add(this);
    return send.call(this, ...given);
  };

  const script = () => {
    const app = document.querySelector('[data-testid="stApp"]');
    if (app?.dataset.testScriptState !== "notRunning") return ["the script"];
    return sent !== null && performance.now() - sent < ANSWER_MS ? ["an answer of the script"] : [];
  };

  const map = () => {
    const root = window.scope()?.querySelector(".eo-root");
    if (!root) return ["the component"];
    const found = [];
    if (root.classList.contains("eo-loading")) found.push("tiles");
    if (root.querySelector(".leaflet-pan-anim, .leaflet-zoom-anim")) found.push("a movement");
    if (putOff.size) found.push("what was put off for a moment");
    return found;
  };

  const rest = () => {
    const root = window.scope()?.querySelector(".eo-root");
    const found = asked ? ["an answer"] : [];
    if (root?.querySelector("[aria-busy=true]")) found.push("a part that is busy");
    const open = root?.querySelector(".eo-card:not([hidden])");
    const pictures = [...(open?.querySelectorAll("canvas.eo-canvas:not([hidden])") ?? [])];
    if (pictures.some((picture) => !picture.closest("figure[data-shown]"))) found.push("a picture");
    return found;
  };

  const LEVELS = { script: [script], map: [script, map], all: [script, map, rest] };

  /** What the page still waits for, in words; nothing if it is at rest. */
  window.restless = (level) => LEVELS[level].flatMap((look) => look());

  let key = null;
  let since = 0;
  let calm = 0;
  /** Whether it has been at rest for as long, over all calls with the same key. */
  window.isAtRest = (level, calmMs, asking) => {
    const now = performance.now();
    if (asking !== key || window.restless(level).length) [since, calm] = [now, 0];
    else calm += 1;
    key = asking;
    return calm >= CHECKS && now - since >= calmMs;
  };
})();
