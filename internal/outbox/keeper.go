package outbox

import (
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/outbox/back"
	"kartotek/internal/outbox/known"
	"kartotek/internal/party"
)

var _ dossier.Keeper = (*Room)(nil)

// Name implements dossier.Keeper.
func (r *Room) Name() string { return "outbox" }

// Columns implements dossier.Keeper. Suppressions are not among them: a keyed
// hash tells nobody whose it is, and has to outlive the person.
func (r *Room) Columns() []string {
	return []string{"messages.facts", "messages.reply_text", "returns.kind"}
}

// Holdings implements dossier.Keeper.
func (r *Room) Holdings(tx *db.Tx, who id.ID) ([]dossier.Holding, error) {
	came, err := back.Holding(tx, who)
	if err != nil {
		return nil, err
	}
	all, err := r.Of(tx, who, 0, maxMoved)
	if err != nil || len(all) == 0 {
		return came, err
	}
	sent := dossier.Holding{Keeper: "outbox", Kind: "messages", Count: len(all), First: all[len(all)-1].Decided, Last: all[0].Decided}
	return append([]dossier.Holding{sent}, came...), nil
}

// Export implements dossier.Keeper: every message and every refusal to send one.
func (r *Room) Export(tx *db.Tx, who id.ID, w dossier.Writer) error {
	all, err := r.Of(tx, who, 0, maxMoved)
	if err != nil {
		return err
	}
	slices.Reverse(all)
	titles := map[id.ID]string{}
	for i := range all {
		rec := all[i].record()
		title, err := r.titleOf(tx, all[i].Campaign, titles)
		if err != nil {
			return err
		}
		if title != "" {
			rec.Values = append(rec.Values, dossier.Value{Name: "letter", Text: title})
		}
		if err := w(rec); err != nil {
			return err
		}
	}
	came, err := back.Records(tx, who)
	for i := range came {
		if err == nil {
			err = w(came[i])
		}
	}
	return err
}

func (m *Message) record() dossier.Record {
	r := dossier.Record{Keeper: "outbox", Kind: "messages", ID: m.ID, At: m.Decided}
	r.Values = append(dossier.Values("class", string(m.Class), "purpose", m.Purpose, "channel", m.Channel, "state", string(m.State), "code", m.Code,
		"notice", strconv.Itoa(m.Notice), "rule_packs", m.Pack, "entry", m.Evidence, "sent", stamp(m.HandedAt), "reply", m.reply()), m.facts()...)
	return r
}

// reply is what the receiving side said, on one line.
func (m *Message) reply() string {
	code := ""
	if m.Reply.Code != 0 {
		code = strconv.Itoa(m.Reply.Code)
	}
	return strings.Join(strings.Fields(code+" "+m.Reply.Enhanced+" "+m.Reply.Text), " ")
}

// facts are what was known of the person when it was decided, besides the ledger.
func (m *Message) facts() (out []dossier.Value) {
	k, err := known.Parse(m.Facts)
	if m.Facts == "" || err != nil {
		return nil
	}
	out = dossier.Values("country", k.Country, "counted_as", k.Subject, "suppressed", strings.Join(k.Suppressed, " "), "held_by_list", strings.Join(k.Held, " "))
	if k.Restricted {
		out = append(out, dossier.Value{Name: "status", Text: "restricted"})
	}
	return out
}

// titleOf names the letter a message was; each is read once.
func (r *Room) titleOf(tx *db.Tx, campaign id.ID, read map[id.ID]string) (string, error) {
	if campaign == 0 || r.TitleOf == nil {
		return "", nil
	}
	if title, ok := read[campaign]; ok {
		return title, nil
	}
	title, err := r.TitleOf(tx, campaign)
	read[campaign] = title
	return title, err
}

// Kinds implements dossier.Described.
func (r *Room) Kinds() []dossier.Kind {
	return []dossier.Kind{
		{Name: "messages", From: dossier.Ours, Values: []string{"class", "purpose", "channel", "state", "code", "notice", "rule_packs", "entry", "sent", "reply",
			"country", "counted_as", "suppressed", "held_by_list", "status", "letter"}},
		{Name: "returns", From: dossier.Ours, Values: []string{"kind", "code", "status_code"}},
	}
}

func stamp(ms int64) string {
	if ms == 0 {
		return ""
	}
	return clock.FromMs(ms).Format("2006-01-02T15:04:05Z07:00")
}

// Erase implements dossier.Keeper. With the rows the links in old mails end. When
// the person had forbidden marketing, the caller keeps that as a suppression of
// their address (Suppress) before the address is gone. law: GDPR 17(1), 21(3)
func (r *Room) Erase(tx *db.Tx, who id.ID, plan dossier.Plan) ([]dossier.Holding, error) {
	held, err := r.Holdings(tx, who)
	if err != nil {
		return nil, err
	}
	for kind, erase := range map[string]func(*db.Tx, id.ID) error{"messages": eraseMessages, "returns": back.Erase} {
		if plan.Keeps("outbox", kind) {
			held = slices.DeleteFunc(held, func(h dossier.Holding) bool { return h.Kind == kind })
		} else if err := erase(tx, who); err != nil {
			return nil, err
		}
	}
	return held, nil
}

func eraseMessages(tx *db.Tx, who id.ID) error {
	_, err := tx.Exec(delAll, who.Bucket(), int64(who))
	return err
}

// Restrict implements dossier.Keeper: nothing to do, the person's status alone
// stops every message.
func (r *Room) Restrict(*db.Tx, id.ID, bool) error { return nil }

// Move implements dossier.Keeper: the messages of from become those of to, still
// naming whom they were decided for, so that they can be replayed and the links
// in them keep working.
func (r *Room) Move(tx *db.Tx, from, to id.ID) error {
	all, err := r.Of(tx, from, 0, maxMoved)
	if err != nil {
		return err
	}
	for i := range all {
		all[i].FormerID = all[i].Addressee()
		all[i].Person = to
		if all[i].Campaign != 0 && (all[i].State == Queued || all[i].State == Retry) {
			all[i].State, all[i].Code, all[i].Done = Skipped, CodeMerged, tx.Now() // the other record has a row of its own
		}
	}
	if _, err := tx.Exec(delAll, from.Bucket(), int64(from)); err != nil {
		return err
	}
	if err := back.Move(tx, from, to); err != nil {
		return err
	}
	slices.Reverse(all) // key order
	if err := insert(tx, all); err != nil {
		return err
	}
	_, err = tx.Exec(insMoved, int64(from), int64(to), tx.Now())
	return err
}

// maxMoved is far more than anybody was ever sent.
const maxMoved = 1 << 20

// follow finds where a person was merged to; the same person when nowhere.
func follow(tx *db.Tx, who id.ID) (id.ID, error) {
	for range 16 { // a chain this long does not come about
		var to id.ID
		found, err := tx.One(selMoved, []any{&to}, int64(who))
		if err != nil || !found {
			return who, err
		}
		who = to
	}
	return who, nil
}

var _ party.Mover = (*Room)(nil)
