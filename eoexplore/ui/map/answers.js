// Questions to the server whose answers are worth keeping for a while: legends above all.

const MOST = 80;
const kept = new Map(); // address → promise of {status, body, notices}

/**
 * Ask once for each address. A failure is not kept: the next call asks again.
 *
 * @returns {Promise<{status: number, body: object|null, notices: string}>} status 0: no answer
 */
export function answerOf(address) {
  if (kept.has(address)) return kept.get(address);
  const asked = ask(address).then((answer) => {
    if (answer.status !== 200) kept.delete(address);
    return answer;
  });
  kept.set(address, asked);
  if (kept.size > MOST) kept.delete(kept.keys().next().value);
  return asked;
}

async function ask(address) {
  try {
    const answer = await fetch(address);
    const body = await answer.json().catch(() => null);
    return { status: answer.status, body, notices: decoded(answer.headers.get("X-EOExplore-Notice") ?? "") };
  } catch {
    return { status: 0, body: null, notices: "" };
  }
}

/** What could not be used of the question, in plain words; the header is percent-encoded and may be cut. */
function decoded(text) {
  try {
    return decodeURIComponent(text.replace(/%[0-9A-F]?$/i, ""));
  } catch {
    return "";
  }
}
