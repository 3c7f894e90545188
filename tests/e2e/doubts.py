"""Somebody who looks at doubtful labels of the demo, and the findings that are looked at."""

from urllib.parse import urlencode

import numpy as np

from eoexplore.core.findings import Findings
from eoexplore.store import issues, mosaic
from eoexplore.store.issues import Kept
from tests.e2e.hands import MATCHES

DEMO = "reben-demo"
COUNT = 120
"""Findings of the demo: pages have fifty."""
PIXELS = """(layer) => {
  const canvas = scope().querySelector(`figure[data-picture=${layer}] canvas`);
  return [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data].join();
}"""


def write_findings(opened):
    """Write findings of two kinds on patches with pictures, whose scores fall by a hundredth."""
    samples = opened.samples
    # Of every patch findings of each kind.
    rows = np.resize(np.flatnonzero(samples.has("reference_map")).repeat(2), COUNT)
    place = np.arange(COUNT)
    score = 0.99 - place / 130
    spots, labels = place % 2 == 0, place % 2 == 1
    many = len(opened.dataset.classes.names)
    own = rows[spots]
    found = Findings.of(
        own, place[spots] % many, (place[spots] + 3) % many, score[spots], spot=place[spots],
        inside_ha=9, dates=1, area_ha=9, width_m=300, border_m=120, compactness=0.5, margin=3,
        decidable=place[spots] % 3 > 0, lon=samples.lon[own], lat=samples.lat[own],
    )  # fmt: skip
    folder = issues.folder_of(opened, "land")
    issues.write(folder, "spots", Kept("a", found))
    own = Findings.of(rows[labels], place[labels] % many, -1, score[labels], area_ha=4, value=0.1)
    issues.write(folder, "labels", Kept("b", own))
    strength = np.zeros((20, 20), np.uint8)
    strength[7:13, 7:13] = 40
    frame = samples.frame.iloc[np.unique(rows)]
    for (product, tile), part in frame.groupby(["product", "tile"], observed=True):
        at = zip(part["x"].astype(int), part["y"].astype(int), strict=True)
        path = issues.spots_of(folder, product)
        mosaic.write(path, issues.SPOTS, tile, dict.fromkeys(at, strength[None]))


class Quality:
    """A page of label quality."""

    def __init__(self, app, dataset=DEMO, **query):
        self.app, self.page, self.at = app, app.page, app.at
        self.dataset, self.set = dataset, query.get("set", "land")
        app.open("/label_quality", dataset=dataset, **{"set": self.set, **query})

    def ready(self):
        self.at(".eo-found[data-rank]").first.wait_for()
        return self.rest()

    def rest(self):
        # No request, no timer of a threshold or the address, no picture on its way.
        self.page.wait_for_timeout(180)
        self.at(".eo-quality:not(.eo-loading)").wait_for()
        self.at(".eo-finding-pictures[aria-busy]").wait_for(state="detached")
        self.page.wait_for_timeout(330)
        return self

    def told(self, **query):
        """Return what the server says of a page."""
        address = f"{self.app.server.address}/issues/{self.dataset}/page.json"
        return self.page.request.get(f"{address}?{urlencode({'set': self.set, **query})}").json()

    def rank(self):
        return self.at(".eo-finding-rank").inner_text()

    def sentence(self):
        return self.at(".eo-finding-sentence").inner_text()

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
        return self.rest()

    def has_focus(self, selector):
        return self.page.evaluate(MATCHES, selector)

    def pixels(self, layer):
        return self.page.evaluate(PIXELS, layer)
