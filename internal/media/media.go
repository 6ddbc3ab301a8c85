// Package media keeps the pictures of letters.
//
// A picture in a mail is an address that thousands of mail programs ask for, for
// years, without any right to ask but knowing it. So pictures are public, named by
// what they hold (the first 128 bits of SHA-256, so that nobody guesses one that was
// not sent out, and a changed picture has another address), and kept for ever by
// whoever fetched them. Nothing is counted or logged of who asks: opening a letter is
// the reader's own business. law: 2002/58 5(3)
//
// What staff upload is never passed on as it came. It is recognised by its content
// (not by its name), its size is read from its head before anything is decoded, and
// the pixels alone are written anew (read.go): places and times of photographs,
// comments, thumbnails and whatever else was hidden in the file stay behind. SVG and
// HTML are not pictures here, because they can hold scripts. law: GDPR 25(2)
//
// WebP, which Outlook does not show, becomes JPEG or PNG; photographs wider than a
// letter on a sharp screen are made smaller.
//
//	Room     Add, Describe, Remove, List, Get
//	Picture  file name, size in pixels and bytes, words for those who do not see it
//	Read     any upload to a picture, or a refusal
//
// Table: media (file), reference.
package media

import (
	"math"
	"strings"
	"sync"
	"unicode/utf8"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
)

// Limits.
const (
	MaxUpload = 10 << 20  // bytes of a file as it comes
	MaxStored = 2 << 20   // bytes of a picture as it is kept
	MaxAll    = 512 << 20 // bytes of all pictures together
	MaxName   = 120       // characters
	MaxAlt    = 500
)

// Path is where pictures are public.
const Path = "/m/"

// Schema is the table of the room.
var Schema = db.Schema{Room: "media", Needs: []db.Schema{audit.Schema}, Tables: []db.Table{{
	Name: "media", Kind: db.ReferenceTable, Key: "file",
	Cols:    db.Cols("file text, name text, alt text, width int, height int, size big, content blob, at big, by_name text"),
	Indexes: []db.Index{{Name: "media_at", Cols: "at, file"}},
}}}

const cols = "file, name, alt, width, height, size, at, by_name"

var (
	insOne  = db.SQL(db.Reference, `INSERT INTO media (`+cols+`, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	selOne  = db.SQL(db.Reference, `SELECT `+cols+` FROM media WHERE file = $1`)
	selPage = db.SQL(db.Reference, `SELECT `+cols+` FROM media WHERE at < $1 OR at = $1 AND file > $2 ORDER BY at DESC, file LIMIT $3`)
	selSum  = db.SQL(db.Reference, `SELECT coalesce(sum(size), 0) FROM media`)
	selRaw  = db.SQL(db.Reference, `SELECT content FROM media WHERE file = $1`)
	updOne  = db.SQL(db.Reference, `UPDATE media SET name = $2, alt = $3 WHERE file = $1`)
	delOne  = db.SQL(db.Reference, `DELETE FROM media WHERE file = $1`)
)

// Picture is one picture without its content. Times are ms.
type Picture struct {
	File          string // 3f2a….png: its name below Path
	Name          string // as staff call it
	Alt           string // what it shows, for those who do not see it
	Width, Height int
	Size          int64 // bytes
	At            int64
	By            string
}

func scanPicture(scan db.Scan) (p Picture, err error) {
	err = scan(&p.File, &p.Name, &p.Alt, &p.Width, &p.Height, &p.Size, &p.At, &p.By)
	return p, err
}

// Room is the room of pictures.
type Room struct {
	DB *db.DB

	one sync.Mutex // decoding takes up to 200 MB, so one at a time
}

// Read makes a picture of an upload; see Read. Only one is read at a time.
func (r *Room) Read(raw []byte) (*Image, error) { return r.ReadWithin(raw, ForLetters) }

// ReadWithin makes a picture of another use than letters; only one is read at a time.
func (r *Room) ReadWithin(raw []byte, to Bounds) (*Image, error) {
	r.one.Lock()
	defer r.one.Unlock()
	return ReadWithin(raw, to)
}

func check(name, alt string) error {
	if name == "" || utf8.RuneCountInString(name) > MaxName || strings.ContainsAny(name, "\n\r") {
		return fault.New(fault.Invalid, "media.name", "a picture has a name of 1 to %d characters", MaxName).In("name")
	}
	if utf8.RuneCountInString(alt) > MaxAlt || strings.ContainsAny(alt, "\n\r") {
		return fault.New(fault.Invalid, "media.alt", "the words for a picture are one line of at most %d characters", MaxAlt).In("alt")
	}
	return nil
}

// Add keeps a picture. One that is there already is given back as it is.
func (r *Room) Add(tx *db.Tx, img *Image, name, alt string) (Picture, error) {
	name, alt = strings.TrimSpace(name), strings.TrimSpace(alt)
	if err := check(name, alt); err != nil {
		return Picture{}, err
	}
	p, err := r.Get(tx, img.File)
	if !fault.Is(err, fault.NotFound) {
		return p, err
	}
	var all int64
	if err := tx.Each(selSum, func(scan db.Scan) error { return scan(&all) }); err != nil {
		return p, err
	}
	if all+int64(len(img.Content)) > MaxAll {
		return p, fault.New(fault.TooLarge, "media.full", "the pictures hold more than %d bytes; remove some first", int64(MaxAll))
	}
	p = Picture{File: img.File, Name: name, Alt: alt, Width: img.Width, Height: img.Height, Size: int64(len(img.Content)), At: tx.Now(), By: tx.By().Name}
	if _, err := tx.Exec(insOne, p.File, p.Name, p.Alt, p.Width, p.Height, p.Size, p.At, p.By, img.Content); err != nil {
		return p, err
	}
	return p, audit.Write(tx, audit.Entry{Action: "media.add", Kind: "media", Object: p.File})
}

// Get reads a picture without its content.
func (r *Room) Get(tx *db.Tx, file string) (p Picture, err error) {
	found := false
	err = tx.Each(selOne, func(scan db.Scan) (err error) {
		p, err = scanPicture(scan)
		found = true
		return err
	}, file)
	if err == nil && !found {
		err = none()
	}
	return p, err
}

func none() error { return fault.New(fault.NotFound, "media.none", "there is no such picture") }

// Content reads the bytes of a picture.
func (r *Room) Content(tx *db.Tx, file string) (content []byte, err error) {
	err = tx.Each(selRaw, func(scan db.Scan) error { return scan(&content) }, file)
	if err == nil && content == nil {
		err = none()
	}
	return content, err
}

// Cursor is where a list goes on.
type Cursor struct {
	At   int64
	File string
}

// List reads pictures, the newest first, from a cursor (the zero one: the newest).
func (r *Room) List(tx *db.Tx, from Cursor, limit int) (all []Picture, err error) {
	if from.At == 0 {
		from.At = math.MaxInt64
	}
	err = tx.Each(selPage, func(scan db.Scan) error {
		p, err := scanPicture(scan)
		all = append(all, p)
		return err
	}, from.At, from.File, limit)
	return all, err
}

// Describe changes what a picture is called and its words.
func (r *Room) Describe(tx *db.Tx, file, name, alt string) error {
	name, alt = strings.TrimSpace(name), strings.TrimSpace(alt)
	if err := check(name, alt); err != nil {
		return err
	}
	n, err := tx.Exec(updOne, file, name, alt)
	if err == nil && n == 0 {
		err = none()
	}
	if err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "media.describe", Kind: "media", Object: file})
}

// Remove takes a picture away, also from letters that were sent: whoever opens one
// again sees its words instead, once their mail program forgets it.
func (r *Room) Remove(tx *db.Tx, file string) error {
	n, err := tx.Exec(delOne, file)
	if err == nil && n == 0 {
		err = none()
	}
	if err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "media.remove", Kind: "media", Object: file})
}
