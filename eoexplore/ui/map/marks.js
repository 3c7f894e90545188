// Drawings on the map (an outline, a measured line) that must be seen on both maps of a comparison.

export class Marks {
  constructor(L) {
    this.L = L;
    this.maps = new Set();
    this.all = new Set();
  }

  /**
   * Draw something on every map that is shown, and on those that come later.
   *
   * @param {function(object): object} make gets Leaflet, returns a new layer (a line, a marker, a group)
   * @returns {{layers: function(): object[], remove: function()}} `layers` are those on the maps now
   */
  add(make) {
    const mark = { make, on: new Map() };
    this.all.add(mark);
    for (const map of this.maps) mark.on.set(map, make(this.L).addTo(map));
    return {
      layers: () => [...mark.on.values()],
      remove: () => {
        this.all.delete(mark);
        for (const layer of mark.on.values()) layer.remove();
        mark.on.clear();
      },
    };
  }

  addMap(map) {
    this.maps.add(map);
    for (const mark of this.all) mark.on.set(map, mark.make(this.L).addTo(map));
  }

  removeMap(map) {
    this.maps.delete(map);
    for (const mark of this.all) {
      mark.on.get(map)?.remove();
      mark.on.delete(map);
    }
  }
}
