// Lengths and areas on the WGS 84 ellipsoid, and how they are written.

const A = 6378137;
const F = 1 / 298.257223563;
const B = A * (1 - F);
const E2 = F * (2 - F);
const E = Math.sqrt(E2);
const RADIANS = Math.PI / 180;

/**
 * Metres between two places {lat, lon} along the ellipsoid.
 *
 * Inverse formula of T. Vincenty, Survey Review 23 (176), 1975; exact to a millimetre. Places that
 * lie nearly opposite each other on the Earth, where it does not settle, get half a meridian's length.
 */
export function distance(one, two) {
  const [u1, u2] = [one, two].map(({ lat }) => Math.atan((1 - F) * Math.tan(lat * RADIANS)));
  const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  const longitude = (two.lon - one.lon) * RADIANS;
  let lambda = longitude;
  for (let turn = 0; turn < 100; turn += 1) {
    const [sinL, cosL] = [Math.sin(lambda), Math.cos(lambda)];
    const sinSigma = Math.hypot(c2 * sinL, c1 * s2 - s1 * c2 * cosL);
    if (sinSigma === 0) return 0;
    const cosSigma = s1 * s2 + c1 * c2 * cosL;
    const sigma = Math.atan2(sinSigma, cosSigma);
    const sinAlpha = (c1 * c2 * sinL) / sinSigma;
    const cos2Alpha = 1 - sinAlpha ** 2;
    const cos2M = cos2Alpha ? cosSigma - (2 * s1 * s2) / cos2Alpha : 0;
    const c = (F / 16) * cos2Alpha * (4 + F * (4 - 3 * cos2Alpha));
    const before = lambda;
    lambda = longitude + (1 - c) * F * sinAlpha * (sigma + c * sinSigma * (cos2M + c * cosSigma * (2 * cos2M ** 2 - 1)));
    if (Math.abs(lambda - before) < 1e-12) return arc(sigma, sinSigma, cosSigma, cos2M, cos2Alpha);
  }
  return 20003931.4586;
}

function arc(sigma, sinSigma, cosSigma, cos2M, cos2Alpha) {
  const u2 = (cos2Alpha * (A ** 2 - B ** 2)) / B ** 2;
  const a = 1 + (u2 / 16384) * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)));
  const b = (u2 / 1024) * (256 + u2 * (-128 + u2 * (74 - 47 * u2)));
  const inner = cosSigma * (2 * cos2M ** 2 - 1) - (b / 6) * cos2M * (4 * sinSigma ** 2 - 3) * (4 * cos2M ** 2 - 3);
  return B * a * (sigma - b * sinSigma * (cos2M + (b / 4) * inner));
}

/** Metres along a path of places. */
export function length(path) {
  return path.slice(1).reduce((sum, place, index) => sum + distance(path[index], place), 0);
}

/**
 * Square metres inside a ring of places, closed or not; its sides are great circles.
 *
 * The ellipsoid is mapped to the sphere of equal area by its authalic latitude (J. P. Snyder, Map
 * Projections: A Working Manual, 1987, equations 3-11 to 3-13), where the spherical excess counts.
 */
export function area(ring) {
  const places = ring.map(({ lat, lon }) => ({ tan: Math.tan(authalic(lat * RADIANS) / 2), lon: lon * RADIANS }));
  const excess = places.reduce((sum, one, index) => {
    const two = places[(index + 1) % places.length];
    const half = Math.tan((two.lon - one.lon) / 2);
    return sum + 2 * Math.atan2(half * (one.tan + two.tan), 1 + one.tan * two.tan);
  }, 0);
  return Math.abs(excess) * ((A ** 2 * q(Math.PI / 2)) / 2);
}

function authalic(latitude) {
  return Math.asin(Math.max(-1, Math.min(1, q(latitude) / q(Math.PI / 2))));
}

function q(latitude) {
  const s = Math.sin(latitude);
  return (1 - E2) * (s / (1 - E2 * s ** 2) - Math.log((1 - E * s) / (1 + E * s)) / (2 * E));
}

const GROUPED = (digits) => new Intl.NumberFormat("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** "840 m", "12.4 km", "1,240 km" */
export function metres(value) {
  if (value < 1000) return `${GROUPED(0).format(value)} m`;
  return `${GROUPED(value < 100_000 ? 2 : 0).format(value / 1000)} km`;
}

/** "840 m²", "12.4 ha", "35.2 km²": hectares are the measure of fields and stands */
export function squareMetres(value) {
  if (value < 10_000) return `${GROUPED(0).format(value)} m²`;
  if (value < 10_000_000) return `${GROUPED(1).format(value / 10_000)} ha`;
  return `${GROUPED(value < 1e9 ? 1 : 0).format(value / 1e6)} km²`;
}
