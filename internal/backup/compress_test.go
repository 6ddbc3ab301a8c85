package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"testing"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"kartotek/internal/fault"
)

// text is some blocks that compress about as well as a register.
func text(n int) []byte {
	from := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(from.Uint32N(16)) << (i / 512 % 4)
	}
	return b
}

// TestExpand: what any program of the past or this one compressed comes back whole.
func TestExpand(t *testing.T) {
	whole := text(5*block + 17)
	for name, to := range map[string]func(io.Writer) io.WriteCloser{
		"s2":   compress,
		"gzip": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"zstd": func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z },
	} {
		var small bytes.Buffer
		z := to(&small)
		if _, err := z.Write(whole); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		large, done, err := expand(&small)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := io.ReadAll(large)
		done()
		if err != nil || !bytes.Equal(got, whole) {
			t.Errorf("%s: %d bytes of %d came back, %v", name, len(got), len(whole), err)
		}
	}
}

// TestExpandLeftOff: whoever reads no further leaves nothing at work.
func TestExpandLeftOff(t *testing.T) {
	var small bytes.Buffer
	z := compress(&small)
	if _, err := z.Write(text(8 * block)); err != nil {
		t.Fatal(err)
	}
	z.Close()
	large, done, err := expand(&small)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(large, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	done() // comes back when nobody reads small any more
}

// TestCutAnywhere: a backup that ends early, wherever that is, is refused, though
// neither the archive nor its compression would tell at some places.
func TestCutAnywhere(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	lock := Lock{Identity: key.String()}
	var file bytes.Buffer
	sealed, err := age.Encrypt(&file, key.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	small := compress(sealed)
	out := tar.NewWriter(small)
	for i := range 3 {
		if err := addBytes(out, "imports/"+string(rune('a'+i)), text(block)); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := small.Close(); err != nil {
		t.Fatal(err)
	}
	if err := sealed.Close(); err != nil {
		t.Fatal(err)
	}
	read := func(b []byte) error {
		return opened(t.Context(), bytes.NewReader(b), lock, func(in *tar.Reader) error {
			for {
				if _, err := in.Next(); err == io.EOF {
					return nil
				} else if err != nil {
					return err
				}
			}
		})
	}
	if err := read(file.Bytes()); err != nil {
		t.Fatal(err)
	}
	const chunk = 64<<10 + 16 // of age
	for n := file.Len() - 1; n > 0; n -= 49999 {
		if err := read(file.Bytes()[:n]); fault.KeyOf(err) != "backup.damaged" && fault.KeyOf(err) != "backup.sealed" {
			t.Errorf("cut after %d of %d bytes: %v", n, file.Len(), err)
		}
	}
	for n := file.Len() - file.Len()%chunk; n > 0; n -= chunk {
		for _, at := range []int{n, n + 200} {
			if at < file.Len() {
				if err := read(file.Bytes()[:at]); err == nil {
					t.Errorf("cut after %d of %d bytes is taken", at, file.Len())
				}
			}
		}
	}
}
