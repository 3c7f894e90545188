// Which findings are looked at, as the page's address and the server's have it: reason, class, least
// (a score), status; and at, the finding that is chosen.

export const OWNED = ["reason", "class", "least", "status", "at"];
export const STATUS = ["decidable", "undecidable"];
const HUNDREDTH = /^(0(\.\d{1,9})?|1(\.0{1,9})?)$/;

/** What an address says becomes conditions; what cannot be read is said. */
export function parseConditions({ reason, class: name, least, status, at }, notices) {
  const number = HUNDREDTH.test(least ?? "") ? Math.round(Number(least) * 100) / 100 : 0;
  if (least && !HUNDREDTH.test(least)) notices.push("The least score in this link cannot be read; all are shown.");
  if (status && !STATUS.includes(status)) notices.push("The status in this link is not known; all are shown.");
  return {
    reasons: (reason ?? "").split("|").filter(Boolean).slice(0, 20),
    class: name ?? "",
    least: number,
    status: STATUS.includes(status) ? status : "",
    at: at || null,
  };
}

/** What stands in the address; null for what is as at the beginning. */
export function formatConditions({ reasons, class: name, least, status, at }) {
  return {
    reason: reasons.join("|") || null,
    class: name || null,
    least: least > 0 ? String(least) : null,
    status: status || null,
    at: at || null,
  };
}

/** Whether anything is left out. */
export function isNarrowed({ reasons, class: name, least, status }) {
  return Boolean(reasons.length || name || least > 0 || status);
}
