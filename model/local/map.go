package local

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/pikamem/pika"
)

// What the one model file is.
const (
	fileName = "e5-small-q4.bin"
	fileSize = 71_622_400
	fileHash = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
)

// remedy is what to do about a model file that is missing or wrong.
const remedy = "run `make build` or `pika model fetch` to fetch it, or set PIKA_MODEL to the file " + fileName

// mapModel returns the checked file's content, mapped where the system can.
func mapModel(path string) (data []byte, unmap func() error, err error) {
	f, err := openModelFile(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	if err := verify(f); err != nil {
		return nil, nil, err
	}
	data, unmap, err = mapFile(f, fileSize)
	if err != nil {
		return nil, nil, pika.Wrap(pika.Unavailable, err, "the embedding model's file cannot be read into memory")
	}
	return data, unmap, nil
}

func openModelFile(path string) (*os.File, error) {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, pika.Wrap(pika.NotFound, err, "the embedding model's file is missing; %s", remedy)
	case err != nil:
		return nil, pika.Wrap(pika.Unavailable, err, "the embedding model's file cannot be opened; check who may read it")
	}
	return f, nil
}

// verify reads the whole file. It does so by reading, not through the mapping,
// because mapped pages once touched count as this process's memory.
func verify(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return pika.Wrap(pika.Unavailable, err, "the embedding model's file cannot be read")
	}
	if info.Size() != fileSize {
		return wrongFile(fmt.Errorf("%d bytes instead of %d", info.Size(), fileSize))
	}
	h := sha256.New()
	if _, err := io.CopyBuffer(h, struct{ io.Reader }{f}, make([]byte, 1<<18)); err != nil {
		return pika.Wrap(pika.Unavailable, err, "the embedding model's file cannot be read")
	}
	if sum := hex.EncodeToString(h.Sum(nil)); sum != fileHash {
		return wrongFile(fmt.Errorf("SHA-256 %s instead of %s", sum, fileHash))
	}
	return nil
}

func wrongFile(cause error) error {
	return pika.Wrap(pika.Unavailable, cause, "the embedding model's file is damaged or another one; delete it, then %s", remedy)
}
