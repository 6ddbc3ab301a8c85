package api

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"sync"

	"kartotek/internal/id"
	"kartotek/internal/web/door"
)

type object = map[string]any

// described is the document as it is served.
var described = sync.OnceValue(func() []byte {
	b, err := json.MarshalIndent(Document(), "", " ")
	if err != nil {
		panic("api: " + err.Error()) // it is of maps, lists and texts, made from the table above
	}
	return append(b, '\n')
})

// Document describes the door by OpenAPI 3.1, made from the table of operations, so
// that the two cannot differ.
func Document() object {
	schemas := object{}
	paths := object{prefix + "/openapi.json": object{"get": object{"operationId": "openapi", "summary": "This document.", "security": []any{},
		"x-level": door.Public, "responses": object{"200": answerOf("OpenAPI 3.1", object{"type": "object"})}}}}
	for _, o := range operations() {
		at, ok := paths[prefix+o.path].(object)
		if !ok {
			at = object{}
			paths[prefix+o.path] = at
		}
		at[strings.ToLower(o.method)] = o.describe(schemas)
	}
	schemas["problem"] = object{"type": "object", "description": "RFC 9457", "required": []string{"type", "title", "status", "detail", "code"},
		"properties": object{"type": text(""), "title": text(""), "status": object{"type": "integer"}, "detail": text("in the language of Accept-Language, English without"),
			"code": text("stable, for programs"), "field": text("what is at fault"), "number": text("names the request in the operator's log")}}
	return object{"openapi": "3.1.0", "info": object{"title": "Kartotek", "version": "1", "description": "A register of people and what they allowed. docs/api.md has examples."},
		"security": []any{object{"key": []string{}}}, "paths": paths,
		"components": object{"schemas": schemas, "securitySchemes": object{"key": object{"type": "http", "scheme": "bearer", "bearerFormat": "ktk_…", "description": "An API key of a member of staff."}}}}
}

var place = regexp.MustCompile(`\{([a-z]+)\}`)

func (o operation) describe(schemas object) object {
	params := []any{}
	for _, m := range place.FindAllStringSubmatch(o.path, -1) {
		params = append(params, object{"name": m[1], "in": "path", "required": true, "schema": text("")})
	}
	for _, p := range o.query {
		params = append(params, object{"name": p.name, "in": "query", "required": p.required, "description": p.about, "schema": text("")})
	}
	status := "200"
	if o.status == 201 {
		status = "201"
	}
	refused := object{"description": "Refused; nothing was done.", "content": object{"application/problem+json": object{"schema": ref("problem")}}}
	out := object{"operationId": o.name, "summary": o.summary, "x-level": o.level, "parameters": params,
		"responses": object{status: answerOf("Done.", schemaOf(reflect.TypeOf(o.answer), schemas)), "default": refused}}
	if o.body != nil {
		out["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": schemaOf(reflect.TypeOf(o.body), schemas)}}}
	}
	return out
}

func answerOf(about string, schema object) object {
	return object{"description": about, "content": object{"application/json": object{"schema": schema}}}
}

func ref(name string) object { return object{"$ref": "#/components/schemas/" + name} }

func text(about string) object {
	if about == "" {
		return object{"type": "string"}
	}
	return object{"type": "string", "description": about}
}

// schemaOf describes a Go type as encoding/json writes it; structs by name.
func schemaOf(t reflect.Type, schemas object) object {
	if t == reflect.TypeFor[id.ID]() {
		return object{"type": "string", "description": "id"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		s := schemaOf(t.Elem(), schemas)
		s["type"] = []any{s["type"], "null"}
		return s
	case reflect.Slice:
		return object{"type": "array", "items": schemaOf(t.Elem(), schemas)}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": schemaOf(t.Elem(), schemas)}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Interface:
		return object{} // anything
	case reflect.Int:
		return object{"type": "integer"}
	case reflect.Struct:
		return structOf(t, schemas)
	}
	return text("")
}

func structOf(t reflect.Type, schemas object) object {
	name := strings.ToLower(t.Name())
	if _, done := schemas[name]; done {
		return ref(name)
	}
	properties, required := object{}, []string{}
	schemas[name] = object{"type": "object", "properties": properties, "additionalProperties": false}
	for i := range t.NumField() {
		f := t.Field(i)
		field, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		s := schemaOf(f.Type, schemas)
		if about := f.Tag.Get("doc"); about != "" && s["$ref"] == nil {
			s["description"] = about
		}
		properties[field] = s
		if option != "omitempty" {
			required = append(required, field)
		}
	}
	schemas[name].(object)["required"] = required
	return ref(name)
}
