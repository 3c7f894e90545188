// The question for one page of a list that the server keeps: samples, findings.

const ASK_AGAIN_AFTER_MS = 2000;

/**
 * Ask for a page; of a busy server once more after a while.
 *
 * @returns {Promise<{status: number, body: object|null}>} status 0: no answer
 */
export async function pageOf(address, signal) {
  const first = await once(address, signal);
  if (first.status !== 503 || signal.aborted) return first;
  await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_AFTER_MS));
  return signal.aborted ? first : once(address, signal);
}

async function once(address, signal) {
  try {
    const answer = await fetch(address, { signal });
    return { status: answer.status, body: await answer.json().catch(() => null) };
  } catch {
    return { status: 0, body: null };
  }
}
