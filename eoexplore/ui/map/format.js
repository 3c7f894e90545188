// Numbers as people read them: degrees with N and E, UTM coordinates, shares.

const GROUPED = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const VALUE = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 3 });

/** "48.2103 N 12.9441 E" */
export function degrees(lat, lon, digits = 4) {
  const north = `${Math.abs(lat).toFixed(digits)} ${lat < 0 ? "S" : "N"}`;
  return `${north} ${Math.abs(lon).toFixed(digits)} ${lon < 0 ? "W" : "E"}`;
}

/** "33N" for EPSG 32633, "19S" for 32719, null for what is not UTM on WGS 84. */
export function utmZone(epsg) {
  const zone = epsg % 100;
  if (!Number.isInteger(epsg) || zone < 1 || zone > 60) return null;
  const hemisphere = { 326: "N", 327: "S" }[Math.floor(epsg / 100)];
  return hemisphere ? `${zone}${hemisphere}` : null;
}

/** "33N 612,345 m E 5,340,123 m N" */
export function projected(epsg, easting, northing) {
  const zone = utmZone(epsg) ?? `EPSG:${epsg}`;
  return `${zone} ${GROUPED.format(easting)} m E ${GROUPED.format(northing)} m N`;
}

/** A share between 0 and 1 as "49.1 %"; what would round to zero but is not says so. */
export function share(value) {
  const percent = value * 100;
  return percent > 0 && percent < 0.05 ? "< 0.1 %" : `${percent.toFixed(1)} %`;
}

/** A pixel's value: grouped, at most three decimals; a text as it is. */
export function value(raw) {
  if (typeof raw !== "number" || !Number.isFinite(raw)) return String(raw ?? "–");
  return VALUE.format(raw).replace("-", "−");
}

/** Prefix the app's base path to a path of our own; null for anything that leaves this server. */
export function localUrl(base, path) {
  if (typeof path !== "string" || !/^\/(?![/\\])/.test(path)) return null;
  return base && path.startsWith(`${base}/`) ? path : `${base}${path}`;
}
