package compose

import "strings"

// dataRoot begins the names of what a message is about: data.order.number.
const dataRoot = "data"

// MaxItems is how many items of a list a letter can show.
const MaxItems = maxList

// dataText finds a value by its path and writes it; "" when there is none.
func dataText(data map[string]any, path string) string {
	var at any = data
	for path != "" {
		inner, ok := at.(map[string]any)
		if !ok {
			return ""
		}
		var name string
		name, path, _ = strings.Cut(path, ".")
		at = inner[name]
	}
	return text(at)
}
