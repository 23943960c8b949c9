//! The OpenAPI document as a page: every call with its parameters, what it takes and what it gives. It runs no script.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("reference.css");

/// The page, and what its browser may load for it.
pub(super) fn page(document: &Value) -> (String, String) {
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "NextIM REST" }
                style { (PreEscaped(STYLE)) }
            }
            body { (body(document)) }
        }
    };
    (markup.into_string(), policy)
}

fn body(document: &Value) -> Markup {
    html! {
        header {
            h1 { "NextIM REST" }
            p { (text(&document["info"]["description"])) }
            p { "Machine-readable: " a href="openapi.json" { "openapi.json" } " (OpenAPI " (text(&document["openapi"])) ")" }
            pre { "curl -H 'Authorization: Bearer sk_...' https://im.example.com/api/v1/site" }
        }
        main {
            @for tag in ["site", "users", "rooms", "messages", "presence", "sync"] {
                h2 id=(tag) { (tag) }
                @for (path, method, operation) in operations(document, tag) { (call(path, method, operation)) }
            }
            h2 id="shapes" { "shapes" }
            @for (name, schema) in map(&document["components"]["schemas"]) { (shape(name, schema)) }
        }
    }
}

fn map(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn operations<'d>(document: &'d Value, tag: &str) -> Vec<(&'d str, &'d str, &'d Value)> {
    let all = map(&document["paths"])
        .flat_map(|(path, methods)| map(methods).map(move |(method, of)| (path.as_str(), method.as_str(), of)));
    all.filter(|(_, _, of)| of["tags"][0] == tag).collect()
}

fn call(path: &str, method: &str, operation: &Value) -> Markup {
    html! {
        details id=(text(&operation["operationId"])) {
            summary { span.method { (method.to_uppercase()) } " " code { (path) } " " span.what { (text(&operation["summary"])) } }
            @if let Some(parameters) = operation["parameters"].as_array() {
                table { tbody { @for parameter in parameters {
                    tr {
                        th { code { (text(&parameter["name"])) } @if parameter["required"] == true { " *" } }
                        td { (text(&parameter["in"])) }
                        td { (text(&parameter["description"])) }
                    }
                } } }
            }
            @for (kind, content) in map(&operation["requestBody"]["content"]) {
                p { "Takes " code { (kind) } ": " (link(&content["schema"])) }
            }
            @for (status, response) in map(&operation["responses"]) {
                p {
                    b { (status) } " " (text(&response["description"]))
                    @for (kind, content) in map(&response["content"]) { " – " code { (kind) } " " (link(&content["schema"])) }
                }
            }
        }
    }
}

/// A shape by its name, which leads to where it is described.
fn link(schema: &Value) -> Markup {
    let reference = text(&schema["$ref"]).trim_start_matches("#/components/schemas/");
    html! {
        @if !reference.is_empty() { a href={ "#shape-" (reference) } { (reference) } }
        @else if schema["items"].is_object() { "list of " (link(&schema["items"])) }
        @else if let Some(options) = schema["oneOf"].as_array() {
            @for (index, option) in options.iter().enumerate() { @if index > 0 { " or " } (link(option)) }
        }
        @else { code { (kind(schema)) } }
    }
}

fn kind(schema: &Value) -> String {
    match &schema["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        _ => String::new(),
    }
}

fn shape(name: &str, schema: &Value) -> Markup {
    let required =
        |field: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|known| known == field));
    html! {
        section id={ "shape-" (name) } {
            h3 { (name) }
            p { (text(&schema["description"])) }
            table { tbody {
                @for (field, of) in map(&schema["properties"]) {
                    tr { th { code { (field) } @if required(field) { " *" } } td { (link(of)) } td { (text(&of["description"])) } }
                }
                @for option in schema["oneOf"].as_array().into_iter().flatten() {
                    @for (field, of) in map(&option["properties"]) {
                        tr { th { code { (field) } } td { (link(of)) } td { (text(&option["description"])) } }
                    }
                    @for word in option["enum"].as_array().into_iter().flatten() {
                        tr { th { code { (text(word)) } } td { } td { (text(&option["description"])) } }
                    }
                }
            } }
        }
    }
}
