package audit

import (
	"strconv"
	"strings"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// Witness logs what came of an act as an entry of the program's own, and gives its key.
// It names neither who acted nor from what device, which entries of the act itself do:
// so it can be given to the person it concerns, as the proof that it stands in the log.
func Witness(tx *db.Tx, e Entry) (id.ID, error) {
	r := prepare(tx.NewID(), tx.Time(), db.System("kartotek"), e)
	return r.ID, store(tx, []row{r})
}

// Witnessed gives such an entry as text, with its salt: the digest of the log's leaf is
// SHA-256 of the salt and of the bytes the text stands for (canonical). An entry that
// somebody made is not given.
func Witnessed(tx *db.Tx, entry id.ID) (text string, salt []byte, err error) {
	var r row
	err = tx.Each(inRange, func(scan db.Scan) error { return r.scan(scan) }, entry, entry)
	if err == nil && (r.ID != entry || r.By.Kind != "system" || r.By.ID != 0 || r.By.Device != "") {
		err = fault.New(fault.NotFound, "audit.none", "there is no such entry")
	}
	return r.text(), r.salt, err
}

// text writes an entry as lines, in the order of canonical.
func (r *row) text() string {
	var b strings.Builder
	b.WriteString(version + "\n")
	line := func(name, value string) {
		b.WriteString(name + ": " + strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(value) + "\n")
	}
	line("entry", r.ID.String())
	line("recorded", clock.FromMs(clock.Ms(r.At)).UTC().Format("2006-01-02T15:04:05.000Z"))
	line("by id", r.By.ID.String())
	line("person", r.Person.String())
	line("count", strconv.Itoa(r.Count))
	for _, x := range [][2]string{{"by kind", r.By.Kind}, {"by", r.By.Name}, {"level", r.By.Level}, {"device", r.By.Device}, {"purpose", r.Purpose}, {"action", r.Action},
		{"object kind", r.Kind}, {"object", r.Object}, {"detail", r.detail}, {"outcome", r.Outcome}} {
		line(x[0], x[1])
	}
	return b.String()
}
