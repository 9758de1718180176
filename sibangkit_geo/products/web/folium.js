"use strict";
// What the notebook map draws its words and marks with: text nodes, and icons without a file.
const sibangkitText = (words) => {
  const box = document.createElement("div");
  box.className = "told";
  box.textContent = words;
  return box;
};
const sibangkitTable = (properties, { fields, aliases, labels }) => {
  const table = document.createElement("table");
  fields.forEach((field, i) => {
    const row = table.insertRow();
    if (labels) {
      const head = document.createElement("th");
      head.textContent = aliases[i];
      row.append(head);
    }
    const value = properties[field];
    const shown = typeof value === "number" ? value.toLocaleString("id-ID") : value;
    row.insertCell().textContent = typeof shown === "object" && shown ? JSON.stringify(shown) : shown ?? "";
  });
  return table;
};
const sibangkitIcon = (color) => {
  const icon = L.divIcon({ className: "pin", iconSize: [18, 18], iconAnchor: [9, 18], popupAnchor: [0, -16] });
  const create = icon.createIcon;
  icon.createIcon = (old) => {
    const made = create.call(icon, old);
    made.style.setProperty("--pin", color);
    return made;
  };
  return icon;
};
L.Marker.prototype.options.icon = sibangkitIcon("#0b6bcb");
