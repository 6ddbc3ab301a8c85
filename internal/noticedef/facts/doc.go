// Package facts reads a YAML file into tagged structs, strictly, and writes
// them again: as canonical bytes, as YAML, as a comparison, as a walk.
//
// It is the engine under package noticedef and knows no law. Its three pieces:
//
//   - [Text], [Date], [Duration]: the values a notice is made of;
//   - [Decode]: a YAML file into a struct by `y` tags (schema.go), with every
//     fault named by line and field, and limits on size, depth and aliases;
//   - [Fact]: the struct as a plain ordered tree, for hashing, writing,
//     comparing and visiting.
//
// A type that the file writes in more than one way implements [Reader], and a
// Fact method for the way back.
package facts
