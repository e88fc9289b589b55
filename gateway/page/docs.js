"use strict";
const make = (tag, attributes = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), attributes);
  element.append(...children);
  return element;
};
const resolve = (doc, schema) =>
  schema && schema.$ref ? doc.components.schemas[schema.$ref.split("/").pop()] : schema || {};
const typeOf = (schema) => {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" | ");
  const types = [].concat(schema.type || "any");
  return types.map((t) => (t === "array" ? typeOf(schema.items || {}) + "[]" : t)).join(" | ");
};
const limits = (schema) => {
  const said = [];
  if (schema.enum) said.push(schema.enum.join(" | "));
  if (schema.minimum !== undefined || schema.maximum !== undefined) said.push(`${schema.minimum ?? ""}–${schema.maximum ?? ""}`);
  if (schema.maxItems !== undefined) said.push(`${schema.minItems ?? 0}–${schema.maxItems} items`);
  if (schema.default !== undefined) said.push(`default ${JSON.stringify(schema.default)}`);
  if (schema.description) said.push(schema.description);
  return said.join(" · ");
};
const members = (doc, schema, seen = new Set()) => {
  const list = make("ul");
  const whole = resolve(doc, schema);
  for (const [name, member] of Object.entries(whole.properties || {})) {
    const must = (whole.required || []).includes(name) ? " (required)" : "";
    const item = make("li", {}, make("code", { className: "name" }, name), ` ${typeOf(member)}${must} ${limits(member)}`);
    const inner = [member, member.items, ...(member.anyOf || [])].find((s) => s && s.$ref);
    if (inner && !seen.has(inner.$ref)) item.append(members(doc, inner, new Set([...seen, inner.$ref])));
    list.append(item);
  }
  return list;
};
const contentOf = (part) => Object.values((part && part.content) || {})[0];
const show = async (output, response, started) => {
  const text = await response.text();
  let body = text;
  try { body = JSON.stringify(JSON.parse(text), null, 1); } catch { /* not JSON: shown as it came */ }
  output.textContent = `${response.status} ${response.statusText}  ${Math.round(performance.now() - started)} ms\n\n${body}`;
};
const tryIt = (doc, method, path, operation) => {
  const form = make("form");
  const inputs = (operation.parameters || []).map((p) => {
    const input = make("input", { required: Boolean(p.required), placeholder: limits(p.schema || {}) });
    form.append(make("label", {}, `${p.name} (${p.in}) ${p.description || ""}`, input));
    return [p, input];
  });
  const media = contentOf(operation.requestBody);
  const body = media && make("textarea", { value: JSON.stringify(media.example || {}, null, 1), spellcheck: false });
  if (body) form.append(body);
  const output = make("pre");
  form.append(make("button", {}, "Send"), output);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    let url = path;
    const query = new URLSearchParams();
    const headers = body ? { "Content-Type": "application/json" } : {};
    const key = document.getElementById("key").value.trim();
    if (key && operation.security) headers.Authorization = `Bearer ${key}`;
    for (const [p, input] of inputs) {
      if (input.value === "") continue;
      if (p.in === "path") url = url.replace(`{${p.name}}`, encodeURIComponent(input.value));
      if (p.in === "query") query.set(p.name, input.value);
      if (p.in === "header") headers[p.name] = input.value;
    }
    if (query.size) url += `?${query}`;
    const started = performance.now();
    try {
      await show(output, await fetch(url, { method: method.toUpperCase(), headers, body: body && body.value }), started);
    } catch (error) {
      output.textContent = String(error);
    }
  });
  return form;
};
const describe = (doc, method, path, operation) => {
  const planned = Boolean(operation.responses["501"]);
  const box = make("details", { className: planned ? "planned" : "" },
    make("summary", {}, make("b", {}, method.toUpperCase()), make("code", {}, path), ` ${operation.summary || ""}${planned ? " (not built yet)" : ""}`));
  box.addEventListener("toggle", () => {
    if (box.childElementCount > 1) return;
    const request = contentOf(operation.requestBody);
    if (request) box.append(make("h4", {}, "Request"), members(doc, request.schema));
    for (const [status, response] of Object.entries(operation.responses)) {
      const content = contentOf(response);
      if (status !== "default" && content) box.append(make("h4", {}, `Answer ${status}`), members(doc, content.schema));
    }
    box.append(make("h4", {}, "Try it"), tryIt(doc, method, path, operation));
  }, { once: false });
  return box;
};
const start = async () => {
  const doc = await (await fetch("/openapi.json")).json();
  document.getElementById("title").textContent = `${doc.info.title} API ${doc.info.version}`;
  document.getElementById("about").textContent = doc.info.description;
  const groups = new Map();
  for (const [path, methods] of Object.entries(doc.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (!operation.responses) continue;
      const tag = (operation.tags || ["Other"])[0];
      groups.set(tag, [...(groups.get(tag) || []), describe(doc, method, path, operation)]);
    }
  }
  const root = document.getElementById("operations");
  root.replaceChildren(...[...groups].flatMap(([tag, boxes]) => [make("h2", {}, tag), ...boxes]));
};
start().catch((error) => {
  document.getElementById("operations").textContent = `The document cannot be read: ${error}`;
});
