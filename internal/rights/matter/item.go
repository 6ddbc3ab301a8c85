package matter

import (
	"encoding/json"

	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
)

// Item is something personal that belongs to a case.
type Item struct {
	ID      id.ID   `json:"id"`
	Case    id.ID   `json:"case"`
	Kind    string  `json:"kind"`
	At      int64   `json:"at"` // ms
	ByKind  string  `json:"by_kind"`
	By      string  `json:"by"`
	State   string  `json:"state,omitempty"`   // of a letter
	Message id.ID   `json:"message,omitempty"` // of the outbox, for a letter that goes by mail
	Content Content `json:"content"`
}

func (x *Item) sealing() string { return "case item:" + x.ID.String() }

// Seal gives the content as it is stored.
func (x *Item) Seal(k *seal.Keys) ([]byte, error) {
	raw, err := json.Marshal(x.Content)
	if err != nil {
		return nil, err
	}
	return Seal(k, x.Kind, x.Case, x.ID, x.sealing(), raw)
}

// Open reads the content; it is empty when it was erased.
func (x *Item) Open(k *seal.Keys, sealed []byte) error {
	raw, err := Open(k, x.Kind, x.Case, x.ID, x.sealing(), sealed)
	if Erased(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &x.Content); err != nil {
		return fault.New(fault.Internal, "rights.content", "an item of a case cannot be read").Because(err)
	}
	return nil
}

// KeysOf names the keys that items are sealed with.
func KeysOf(k *seal.Keys, items []Item) (keys []id.ID, err error) {
	for _, x := range items {
		key, err := KeyOf(k, x.Kind, x.Case, x.ID)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// Held counts items as a holding; none is none.
func Held(items []Item, keeper, kind string) []dossier.Holding {
	if len(items) == 0 {
		return nil
	}
	h := dossier.Holding{Keeper: keeper, Kind: kind, Count: len(items), First: items[0].At, Last: items[0].At}
	for _, x := range items {
		h.First, h.Last = min(h.First, x.At), max(h.Last, x.At)
	}
	return []dossier.Holding{h}
}
