// Which date of a place is on top: the rule `d=` in its parts, in words, and one step further.

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** A place of reben has at most four dates. */
export const MOST_DATES = 4;

/**
 * Take a rule apart.
 *
 * @returns {{kind: string, value?: string|number, until?: string}|null} null for what is no rule
 */
export function parseRule(text) {
  const plain = String(text ?? "").trim();
  if (plain === "" || plain === "latest") return { kind: "latest" };
  if (plain === "earliest") return { kind: "earliest" };
  const [word, value] = [plain.split(":")[0], plain.slice(plain.indexOf(":") + 1)];
  if (word === "nearest" && isDay(value)) return { kind: "nearest", value };
  if (word === "season" && /^[a-z][a-z ]{1,19}$/i.test(value)) return { kind: "season", value: value.toLowerCase() };
  if (word === "nth" && /^[1-9]\d?$/.test(value)) return { kind: "nth", value: Number(value) };
  if (isDay(plain)) return { kind: "day", value: plain };
  const [from, until, more] = plain.split("..");
  if (isDay(from) && isDay(until) && more === undefined && from <= until) {
    return { kind: "range", value: from, until };
  }
  return null;
}

/** The text of a rule; the default is empty, so that it stays out of addresses. */
export function formatRule({ kind, value, until }) {
  if (kind === "latest") return "";
  if (kind === "earliest") return "earliest";
  if (kind === "day") return value;
  if (kind === "range") return `${value}..${until}`;
  return `${kind}:${value}`;
}

/** The rule as one reads it: "the latest date of each place". */
export function ruleWords(text, frames = MOST_DATES) {
  const { kind, value, until } = parseRule(text) ?? { kind: "latest" };
  if (kind === "latest") return "The latest date of each place";
  if (kind === "earliest") return "The earliest date of each place";
  if (kind === "nearest") return `The date nearest to ${dayWords(value)} of each place`;
  if (kind === "season") return `The latest date in ${value} of each place`;
  if (kind === "nth") return `Date ${value} of ${frames}; where a place has fewer, its last one`;
  if (kind === "day") return `Only ${dayWords(value)}`;
  return `Only ${dayWords(value)} to ${dayWords(until)}`;
}

/** In a few words, for the label of a side. */
export function shortRule(text) {
  const { kind, value, until } = parseRule(text) ?? { kind: "latest" };
  if (kind === "nearest") return `nearest to ${dayWords(value)}`;
  if (kind === "nth") return `date ${value}`;
  if (kind === "season") return value;
  if (kind === "day") return dayWords(value);
  if (kind === "range") return `${dayWords(value)} – ${dayWords(until)}`;
  return kind;
}

/**
 * One step back (-1) or on (+1): among the dates of a place, among days, or among seasons.
 *
 * @param {{dates?: string[], seasons?: string[], frames?: number}} known of the dataset
 * @returns {string|null} the new rule, null at either end
 */
export function stepRule(text, step, { dates = [], seasons = [], frames = MOST_DATES }) {
  const { kind, value } = parseRule(text) ?? { kind: "latest" };
  if (kind === "nearest" || kind === "day" || kind === "range") {
    const next = step > 0 ? dates.find((day) => day > value) : dates.findLast((day) => day < value);
    return next ? formatRule({ kind: kind === "day" ? "day" : "nearest", value: next }) : null;
  }
  if (kind === "season") {
    const words = seasons.map((word) => word.toLowerCase());
    const at = words.indexOf(value);
    return at < 0 ? null : `season:${words[(at + step + words.length) % words.length]}`;
  }
  const at = kind === "nth" ? value : kind === "earliest" ? 1 : frames;
  const next = at + step;
  return next < 1 || next > frames ? null : `nth:${next}`;
}

/** "2017-06-13" → "13 Jun 2017" */
export function dayWords(day) {
  const [year, month, date] = day.split("-").map(Number);
  return `${date} ${MONTHS[month - 1]} ${year}`;
}

function isDay(text) {
  if (!DAY.test(text ?? "")) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
