// Package packet puts together what a person is given who asks what the company
// knows of them, and what they may take along elsewhere.
//
// # The access package
//
// Build asks every room that holds personal data (dossier.Keepers) and writes what
// it is told in the person's language: a page and a PDF to read, JSON and a CSV per
// kind for machines, a vCard and a JSContact card, and a manifest that counts the
// records and names each file's SHA-256. Around the data stands what GDPR 15(1) and
// (2) ask to be told: purposes and bases, categories, who received something by
// name, until when it is kept, rights, the authority, automated decisions, the
// tools of transfers; and who looked at the data, when and what for.
// law: GDPR 15(1), GDPR 15(2), GDPR 15(3), GDPR 12(1)
//
// What would tell of others is left out with its reason: names of staff always, and
// what the desk marks (Options.Withhold, dossier.File.Left). law: GDPR 15(4)
//
// Documents that came with requests are in the folder documents, as they are kept, each
// named on the page and by its digest in the manifest, or by why it is not there.
//
// # The portable package
//
// With Options.Portable it holds only what the person provided, or what came of
// their use, and what rests on consent or contract; each thing left out is named
// with why. Our own import takes it back without loss. law: GDPR 20(1)
//
// # Handing over
//
// Keep puts a finished package into the database, sealed, for some days: to be
// downloaded by whoever is signed in, or as a file that opens with a passphrase
// (age), which is shown once and kept nowhere. Sweep removes what has expired, for
// good. Each is sealed with a key of its own, destroyed with the parcel when it expires or
// is discarded, and when its person is erased or merged, so that no backup from before
// shows it again.
//
//	parcels  (bucket, person_id, parcel_id)  packages waiting to be fetched
//
// The cost of a package grows with the person, not with the register: a keeper
// reads a person's rows in sets, and Build asks no more often than there are kinds.
package packet

import (
	"context"
	"slices"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/exchange/dialect"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/noticedoc"
	"kartotek/internal/seal"
)

// Room is the open room.
type Room struct {
	DB      *db.DB
	Keys    *seal.Keys
	Audit   *audit.Room
	Notice  *notice.Room
	Keepers func() dossier.Keepers // every room with personal data
	// Given gives a person in the form of our own export. It is what is portable,
	// before what the notice's bases leave out.
	Given func(tx *db.Tx, who id.ID) (*dialect.Person, error)
	// Recipients lists who received something of a person; nil while nothing keeps
	// such a list, and then the notice alone is quoted.
	Recipients func(tx *db.Tx, who id.ID) ([]Recipient, error)
	// Until lists when what a person's data will be erased; nil while nothing
	// reckons it, and then the notice alone is quoted.
	Until func(tx *db.Tx, who id.ID) ([]Until, error)
	// Spend destroys the keys of parcels that are no longer kept.
	Spend dossier.Spend
}

// Recipient is who received something of a person.
type Recipient struct {
	Name       string
	What       string   // in a few words
	Categories []string // of the notice
	Purpose    string
	At         int64 // ms, of the last time
	Times      int
	Country    string
}

// Until is when a kind of a person's data is erased.
type Until struct {
	Category string `json:"category"`
	Purpose  string `json:"purpose,omitempty"`
	On       string `json:"on,omitempty"`    // ISO date: the last day; "" while it waits for something
	Waits    string `json:"waits,omitempty"` // for what: relation, permission, ...
	Floor    string `json:"floor,omitempty"` // the statute that fixes the time
}

// Options say what is wanted.
type Options struct {
	Lang      string // sv, fi, en; "" is the person's
	Portable  bool   // only what GDPR 20 covers
	Case      id.ID  // the request it answers; 0 for none
	Reference string // its number, shown on the first page
	Withhold  []Withhold
}

// Withhold names something that tells of others. law: GDPR 15(4)
type Withhold struct {
	Keeper, Kind string
	Record       id.ID  // 0 for every record of the kind
	Value        string // its name; "" for the whole record
	Reason       string // of the Reasons
}

// The reasons why something is not in a package; the texts are "packet.reason.<reason>".
const (
	Staff      = "staff"       // the name of somebody who works here; law: GDPR 15(4)
	Others     = "others"      // it tells of somebody else; law: GDPR 15(4)
	Secret     = "secret"      // it gives away a trade secret; law: GDPR 15(4)
	NotGiven   = "not_given"   // the controller made it; law: GDPR 20(1)
	NotBasis   = "not_basis"   // it rests neither on consent nor on a contract; law: GDPR 20(1)(a)
	ThirdParty = "third_party" // somebody else provided it; law: GDPR 20(1)

	Identity = "identity" // a document that shows who somebody is: looked at once and destroyed; law: GDPR 5(1)(c)
	NotKept  = "not_kept" // a document whose content was never stored
	Mistaken = "mistaken" // a document that was destroyed because it came by mistake
	Large    = "large"    // a document for which the package has no room: the desk hands it over
)

// Reasons lists every reason.
var Reasons = []string{Staff, Others, Secret, NotGiven, NotBasis, ThirdParty, Identity, NotKept, Mistaken, Large}

// Package is what was put together.
type Package struct {
	Person     id.ID
	Name       string // of the person, as shown
	Lang       string
	Made       time.Time
	Portable   bool
	Reference  string
	Controller noticedef.Controller
	Register   string
	Version    int // of the notice

	About      []Section // what GDPR 15(1) and (2) ask to be told
	Recipients []Recipient
	Until      []Until
	Parts      []Part
	Looked     []Look
	Withheld   []Withheld
	Given      *dialect.Person // what is portable

	// Asked is how many statements it took to gather: it does not grow with the person,
	// but for a page of the log in five hundred entries.
	Asked int
	card  *dialect.Person // what the cards are made of
	docs  []File          // documents the records tell of
	taken int             // bytes of them so far
	files []File
	say   words
}

// Section is a headed piece of information.
type Section struct {
	ID     string            `json:"id"`
	Title  string            `json:"title"`
	Blocks []noticedoc.Block `json:"-"`
}

// Part is the records of one kind.
type Part struct {
	Keeper, Kind string
	Title        string
	Records      []Record
}

// Key names a part in files and texts.
func (p *Part) Key() string { return p.Keeper + "." + p.Kind }

// Record is one thing, as the person reads it.
type Record struct {
	ID     id.ID
	At     int64 // ms
	Values []Value
}

// Value is one value. Text is what is stored, Shown what it says in the person's
// language; both are empty when it is withheld.
type Value struct {
	Name, Title, Text, Shown string
	Source                   string
	First, Changed           int64 // ms
	Withheld                 string
	Document                 bool // Text is the name of a file of the package
}

// Look is one time somebody looked at or did something with the person's data. law: GDPR 15(1)
type Look struct {
	At      int64  // ms
	Action  string // machine word
	What    string // in the person's language
	Purpose string
	Who     string // a role, never a name
}

// Withheld counts what is not in the package, by kind and reason.
type Withheld struct {
	Keeper string `json:"keeper"`
	Kind   string `json:"kind"`
	Value  string `json:"value,omitempty"`
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// Records counts all records of the package.
func (p *Package) Records() (n int) {
	for i := range p.Parts {
		n += len(p.Parts[i].Records)
	}
	return n
}

// Build puts a person's package together. That it was built is logged before
// anything is read.
func (r *Room) Build(ctx context.Context, by db.By, who id.ID, opt Options) (*Package, error) {
	if opt.Lang != "" && !i18n.Known(opt.Lang) {
		return nil, fault.New(fault.Invalid, "packet.language", "the package is written in sv, fi or en").In("lang")
	}
	entry := audit.Entry{Action: "access.build", Kind: "person", Object: who.String(), Person: who, Detail: map[string]string{"form": "access"}}
	if opt.Portable {
		entry.Detail["form"] = "portable"
	}
	if opt.Case != 0 {
		entry.Detail["case"] = opt.Case.String()
	}
	if err := r.Audit.Seen(ctx, by, entry); err != nil {
		return nil, err
	}
	var p *Package
	err := r.DB.View(ctx, by, func(tx *db.Tx) (err error) {
		if p, err = r.gather(tx, who, &opt); err == nil {
			p.Asked = tx.Asked()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	p.files, err = p.write()
	return p, err
}

// gather reads everything of a person.
func (r *Room) gather(tx *db.Tx, who id.ID, opt *Options) (*Package, error) {
	in, found, err := r.Notice.InForceAt(tx, tx.Time())
	if err == nil && !found {
		err = notice.None()
	}
	if err != nil {
		return nil, err
	}
	parts, err := r.records(tx, who)
	if err != nil {
		return nil, err
	}
	p := &Package{Person: who, Lang: opt.Lang, Made: tx.Time(), Portable: opt.Portable, Reference: opt.Reference, Controller: in.Notice.Controller, Version: in.Number}
	p.know(parts)
	p.Register = in.Notice.Register.Name.In(p.Lang)
	p.say = wordsOf(p.Lang, in.Notice)
	if err := r.take(tx, p, in.Notice, parts, opt.Withhold); err != nil {
		return nil, err
	}
	if opt.Portable {
		return p, r.portable(p, in.Notice, parts)
	}
	if err := p.fill(parts, opt.Withhold); err != nil {
		return nil, err
	}
	doc, err := r.Notice.Document(tx, in.Number, p.Lang)
	if err != nil {
		return nil, err
	}
	return p, r.tell(tx, p, doc)
}

// know takes name and language from the person's own record.
func (p *Package) know(parts []raw) {
	value := map[string]string{}
	for _, part := range parts {
		if part.keeper == "party" && part.kind == "person" {
			for _, v := range part.records[0].Values {
				value[v.Name] = v.Text
			}
		}
	}
	if p.Lang == "" {
		p.Lang = value["language"]
	}
	if !i18n.Known(p.Lang) {
		p.Lang = i18n.Default
	}
	p.Name = join(value["first_name"], value["last_name"])
	if p.Name == "" {
		p.Name = join(value["email"])
	}
}

// raw is the records of one kind as the keeper gave them.
type raw struct {
	keeper, kind string
	records      []dossier.Record
}

// records gathers what every keeper exports, by kind, in the order they come.
func (r *Room) records(tx *db.Tx, who id.ID) (parts []raw, err error) {
	at := map[string]int{}
	err = r.Keepers().Export(tx, who, func(rec dossier.Record) error {
		key := rec.Keeper + "." + rec.Kind
		i, known := at[key]
		if !known {
			i = len(parts)
			at[key] = i
			parts = append(parts, raw{keeper: rec.Keeper, kind: rec.Kind})
		}
		parts[i].records = append(parts[i].records, rec)
		return nil
	})
	return parts, err
}

// tell adds what is to be told around the data.
func (r *Room) tell(tx *db.Tx, p *Package, doc noticedoc.Document) (err error) {
	p.About = sections(doc)
	if r.Recipients != nil {
		if p.Recipients, err = r.Recipients(tx, p.Person); err != nil {
			return err
		}
	}
	if r.Until != nil {
		if p.Until, err = r.Until(tx, p.Person); err != nil {
			return err
		}
	}
	p.Looked, err = looks(tx, p)
	return err
}

// told are the sections of a notice that GDPR 15 repeats, in the order they are told.
var told = []string{"purposes", "categories", "sources", "recipients", "transfer", "retention", "rights", "objection", "consent", "complaint",
	"automated", "obligation", "controller", "contact"}

func sections(doc noticedoc.Document) (out []Section) {
	for _, id := range told {
		for _, s := range doc.Sections {
			if s.ID == id {
				out = append(out, Section{ID: s.ID, Title: s.Heading, Blocks: s.Blocks})
			}
		}
	}
	return out
}

// looks are the entries of the log about a person, newest first. Who looked is
// told by role: the law gives a right to when and what for, not to the names of
// those who did as they were told. law: GDPR 15(1), GDPR 29
func looks(tx *db.Tx, p *Package) (all []Look, err error) {
	f := audit.Filter{Person: p.Person, Limit: 500}
	for {
		page, err := audit.Read(tx, f)
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			all = append(all, Look{At: clock.Ms(e.At), Action: e.Action, What: p.say.act(e.Action), Purpose: p.say.purpose(e.Purpose), Who: p.say.role(e.By)})
		}
		if len(page) < 500 {
			return all, nil
		}
		f.After = page[len(page)-1].ID
	}
}

// fill turns records into what the person reads, and withholds what tells of others.
func (p *Package) fill(parts []raw, hold []Withhold) error {
	for _, part := range parts {
		out := Part{Keeper: part.keeper, Kind: part.kind, Title: p.say.kind(part.keeper, part.kind)}
		for i := range part.records {
			if why := held(hold, &part.records[i], ""); why != "" {
				p.withhold(part.keeper, part.kind, "", why)
				continue
			}
			one := p.record(&part.records[i], hold)
			if err := p.document(&part.records[i], &one, hold); err != nil {
				return err
			}
			out.Records = append(out.Records, one)
		}
		if len(out.Records) > 0 {
			p.Parts = append(p.Parts, out)
		}
	}
	return nil
}

func (p *Package) record(rec *dossier.Record, hold []Withhold) Record {
	out := Record{ID: rec.ID, At: rec.At, Values: make([]Value, 0, len(rec.Values))}
	for _, v := range rec.Values {
		value := Value{Name: v.Name, Title: p.say.value(v.Name), Source: p.say.source(v.Source), First: v.First, Changed: v.Changed}
		value.Withheld = held(hold, rec, v.Name)
		if value.Withheld == "" && v.Text != "" && slices.Contains(clerks, v.Name) {
			value.Withheld = Staff
		}
		if value.Withheld != "" {
			p.withhold(rec.Keeper, rec.Kind, v.Name, value.Withheld)
		} else {
			value.Text, value.Shown = v.Text, p.say.text(rec, v)
		}
		out.Values = append(out.Values, value)
	}
	return out
}

// recordedBy is the name of the value that names who entered something; clerks are
// all values that name staff.
const recordedBy = "recorded_by"

var clerks = []string{recordedBy, "custodian", "holder"}

// held finds why a value, or with "" a whole record, is withheld.
func held(hold []Withhold, rec *dossier.Record, value string) string {
	i := slices.IndexFunc(hold, func(h Withhold) bool {
		return h.Keeper == rec.Keeper && h.Kind == rec.Kind && h.Value == value && (h.Record == 0 || h.Record == rec.ID)
	})
	if i < 0 {
		return ""
	}
	return hold[i].Reason
}

func (p *Package) withhold(keeper, kind, value, reason string) {
	for i := range p.Withheld {
		if w := &p.Withheld[i]; w.Keeper == keeper && w.Kind == kind && w.Value == value && w.Reason == reason {
			w.Count++
			return
		}
	}
	p.Withheld = append(p.Withheld, Withheld{keeper, kind, value, reason, 1})
}
