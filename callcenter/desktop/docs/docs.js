// The API's schema as a page. All text goes in as text: nothing of the schema becomes markup.

const METHODS = ["get", "post", "put", "patch", "delete"];

function make(tag, text, ...children) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  element.append(...children);
  return element;
}

function row(cell, ...texts) {
  return make("tr", "", ...texts.map((text) => make(cell, text)));
}

function table(heads, rows) {
  return make("table", "", make("thead", "", row("th", ...heads)), make("tbody", "", ...rows.map((texts) => row("td", ...texts))));
}

// A schema in short, and as an example would look.
function shape(schema, schemas, depth = 0) {
  if (!schema) return "anything";
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return depth > 3 ? name : shape(schemas[name], schemas, depth + 1);
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  const several = schema.anyOf || schema.oneOf;
  if (several) return several.map((one) => shape(one, schemas, depth)).join(" | ");
  const indent = "  ".repeat(depth + 1);
  if (schema.type === "object" && schema.properties) {
    const required = schema.required || [];
    const lines = Object.entries(schema.properties).map(([name, property]) => {
      const told = property.description ? `  // ${property.description}` : "";
      return `${indent}${name}${required.includes(name) ? "" : "?"}: ${shape(property, schemas, depth + 1)}${told}`;
    });
    return `{\n${lines.join("\n")}\n${"  ".repeat(depth)}}`;
  }
  if (schema.type === "object" && typeof schema.additionalProperties === "object") {
    return `{NAME: ${shape(schema.additionalProperties, schemas, depth + 1)}}`;
  }
  if (schema.type === "array") return `[${shape(schema.items, schemas, depth)}]`;
  return schema.type || "anything";
}

function contentOf(part) {
  return part && part.content && (part.content["application/json"] || Object.values(part.content)[0]);
}

function operation(path, method, told, schemas) {
  const summary = make("summary", "", make("span", method.toUpperCase()), make("code", path), make("span", ` ${told.summary || ""}`));
  summary.firstChild.className = "method";
  const all = make("details", "", summary);
  if (told.description) all.append(make("p", told.description));
  if (told["x-permission"]) all.append(make("p", `Needs: ${told["x-permission"].join(" or ") || "anybody who is signed in"}`));
  if (told.parameters && told.parameters.length) {
    all.append(table(["Parameter", "In", "Is"], told.parameters.map((one) => [one.name, one.in, shape(one.schema, schemas)])));
  }
  const body = contentOf(told.requestBody);
  if (body) all.append(make("h3", "Body"), make("pre", shape(body.schema, schemas)));
  all.append(make("h3", "Answers"));
  for (const [status, answer] of Object.entries(told.responses)) {
    all.append(make("p", `${status} ${answer.description}`));
    const content = contentOf(answer);
    if (content && status < 300) all.append(make("pre", shape(content.schema, schemas)));
  }
  return all;
}

function show(schema) {
  document.getElementById("about").textContent = schema.info.description;
  const place = document.getElementById("operations");
  const schemas = schema.components.schemas;
  place.replaceChildren();
  for (const tag of schema.tags) {
    const section = make("section", "", make("h2", tag.description));
    for (const [path, methods] of Object.entries(schema.paths)) {
      for (const method of METHODS) {
        if (methods[method] && (methods[method].tags || []).includes(tag.name)) {
          section.append(operation(path, method, methods[method], schemas));
        }
      }
    }
    if (section.children.length > 1) place.append(section);
  }
}

function filter(wanted) {
  for (const one of document.querySelectorAll("details")) {
    one.hidden = !one.textContent.toLowerCase().includes(wanted.toLowerCase());
  }
}

try {
  const answer = await fetch("/api/v1/openapi.json");
  if (!answer.ok) throw new Error(`${answer.status}`);
  show(await answer.json());
  document.getElementById("filter").addEventListener("input", (event) => filter(event.target.value));
} catch (error) {
  document.getElementById("operations").textContent = `The schema cannot be read: ${error.message}`;
}
