// The styles of a component that lives in a shadow root.

/** A style sheet that can be given to each new shadow root without a flash of naked content. */
export async function sheet(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`The style ${url} could not be loaded (${answer.status}).`);
  const made = new CSSStyleSheet();
  made.replaceSync(await answer.text());
  return made;
}
