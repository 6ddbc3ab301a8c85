package backup

import (
	"bufio"
	"compress/gzip"
	"io"
	"runtime"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// S2 makes a backup a quarter larger than Zstandard at its fastest, for half of the
// processor's time, reading and sealing included. Its blocks do not need
// each other, so that each core has one.
const (
	block  = 1 << 20   // what is compressed at a time
	buffer = 256 << 10 // what is read or written at a time
)

// hands is how many blocks are worked on at the same time.
func hands() int { return min(4, max(2, runtime.GOMAXPROCS(0))) }

func compress(to io.Writer) io.WriteCloser {
	return s2.NewWriter(to, s2.WriterBlockSize(block), s2.WriterConcurrency(hands()))
}

// widest is the most memory that a backup may ask for to be read.
const widest = 64 << 20

// How what was compressed begins. S2 has no end that a cut would take away: that the
// file was not cut, age knows.
const (
	gzipMagic = "\x1f\x8b"
	s2Magic   = "\xff\x06\x00\x00S2sTwO"
)

// expand undoes the compression: S2, or Zstandard or gzip in backups of earlier
// programs. done is to be called before the file is closed.
func expand(plain io.Reader) (large io.Reader, done func(), err error) {
	in := bufio.NewReaderSize(plain, buffer)
	if magic, err := in.Peek(len(s2Magic)); err != nil {
		return nil, nil, io.ErrUnexpectedEOF
	} else if string(magic) == s2Magic {
		large, done = expandS2(in)
		return large, done, nil
	} else if string(magic[:2]) == gzipMagic {
		large, err := gzip.NewReader(in)
		return large, func() {}, err
	}
	z, err := zstd.NewReader(in, zstd.WithDecoderMaxMemory(widest), zstd.WithDecoderMaxWindow(widest))
	if err != nil {
		return nil, nil, err
	}
	return z, z.Close, nil
}

// expandS2 expands blocks side by side, and beside whoever reads them.
func expandS2(in io.Reader) (large io.Reader, done func()) {
	r, w := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, err := s2.NewReader(in, s2.ReaderMaxBlockSize(block)).DecodeConcurrent(w, hands())
		w.CloseWithError(err)
	}()
	return r, func() { r.Close(); <-ended }
}
