package blocks

import (
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/fault"
)

// New is an empty block of a kind; columns begin with a text each.
func New(kind Kind) Block {
	b := Block{Type: kind}
	if kind == Columns {
		b.Columns = [][]Block{{{Type: Text}}, {{Type: Text}}}
	}
	return b
}

// list finds the list of blocks at a place: "blocks", or "blocks.2.0" for the first
// column of the third block.
func (l *Letter) list(at string) (*[]Block, error) {
	parts := strings.Split(at, ".")
	list := &l.Blocks
	if parts[0] != "blocks" || len(parts)%2 == 0 || len(parts) > 3 {
		return nil, nowhere()
	}
	if len(parts) == 3 {
		i, err1 := strconv.Atoi(parts[1])
		n, err2 := strconv.Atoi(parts[2])
		if err1 != nil || err2 != nil || i < 0 || i >= len(l.Blocks) || n < 0 || n >= len(l.Blocks[i].Columns) {
			return nil, nowhere()
		}
		list = &l.Blocks[i].Columns[n]
	}
	return list, nil
}

// find gives the list a block is in, and which it is there.
func (l *Letter) find(at string) (*[]Block, int, error) {
	dot := strings.LastIndexByte(at, '.')
	if dot < 0 {
		return nil, 0, nowhere()
	}
	list, err := l.list(at[:dot])
	if err != nil {
		return nil, 0, err
	}
	i, err := strconv.Atoi(at[dot+1:])
	if err != nil || i < 0 || i >= len(*list) {
		return nil, 0, nowhere()
	}
	return list, i, nil
}

func nowhere() error {
	return fault.New(fault.Invalid, "blocks.place", "the letter has no such block").In("blocks")
}

// Add puts an empty block at the end of a list ("blocks", "blocks.2.0") and gives
// its place.
func (l *Letter) Add(list string, kind Kind) (string, error) {
	if _, known := fields[kind]; !known || kind == Columns && list != "blocks" {
		return "", refuse(list, "type", "there is no block of this type here")
	}
	into, err := l.list(list)
	if err != nil {
		return "", err
	}
	*into = append(*into, New(kind))
	return list + "." + strconv.Itoa(len(*into)-1), nil
}

// Move puts a block by places further down its list, or up when by is negative, as
// far as the list goes, and gives its new place.
func (l *Letter) Move(at string, by int) (string, error) {
	list, i, err := l.find(at)
	if err != nil {
		return "", err
	}
	to := min(max(i+by, 0), len(*list)-1)
	b := (*list)[i]
	*list = slices.Insert(slices.Delete(*list, i, i+1), to, b)
	return at[:strings.LastIndexByte(at, '.')+1] + strconv.Itoa(to), nil
}

// Remove takes a block out.
func (l *Letter) Remove(at string) error {
	list, i, err := l.find(at)
	if err == nil {
		*list = slices.Delete(*list, i, i+1)
	}
	return err
}

// Copy puts a block's like below it and gives the copy's place.
func (l *Letter) Copy(at string) (string, error) {
	list, i, err := l.find(at)
	if err != nil {
		return "", err
	}
	b := (*list)[i]
	var columns [][]Block
	for _, c := range b.Columns {
		columns = append(columns, slices.Clone(c))
	}
	b.Columns = columns
	*list = slices.Insert(*list, i+1, b)
	return at[:strings.LastIndexByte(at, '.')+1] + strconv.Itoa(i+1), nil
}

// At gives the block at a place; nil when there is none.
func (l *Letter) At(at string) *Block {
	list, i, err := l.find(at)
	if err != nil {
		return nil
	}
	return &(*list)[i]
}
