package workers

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"github.com/pikamem/pika"
)

const (
	payloadEncoding = "binary/pika-aes256gcm"
	keyIDMetadata   = "pika-key-id"

	// compressFrom is the size below which zstd gains nothing.
	compressFrom = 256

	// maxDecoded bounds what a payload may grow to when it is unpacked. Temporal
	// takes 2 MiB packed; text shrinks to a third or less.
	maxDecoded = 32 << 20
)

// The first byte of the plaintext says how the rest is packed.
const (
	packedPlain byte = iota
	packedZstd
)

// Codec compresses payloads with zstd and encrypts them with AES-256-GCM, so that
// the engine stores nothing it could read. Payloads of another encoding pass
// through Decode as they are.
//
// A payload becomes nonce ‖ seal(packing ‖ bytes), with the encoding's name and the
// key's id as additional data and the id in clear in its metadata.
type Codec struct {
	keyID   string
	seals   map[string]cipher.AEAD
	pack    *zstd.Encoder
	unpack  *zstd.Decoder
	entropy io.Reader
}

var _ converter.PayloadCodec = (*Codec)(nil)

// NewCodec returns a codec that encrypts with key and decrypts with it or with one
// of the older keys.
func NewCodec(key Key, older ...Key) (*Codec, error) {
	c := &Codec{keyID: key.ID(), seals: map[string]cipher.AEAD{}, entropy: rand.Reader}
	for _, k := range append([]Key{key}, older...) {
		block, err := aes.NewCipher(k[:])
		if err != nil {
			return nil, fmt.Errorf("prepare a payload key: %w", err)
		}
		if c.seals[k.ID()], err = cipher.NewGCM(block); err != nil {
			return nil, fmt.Errorf("prepare a payload key: %w", err)
		}
	}
	var err error
	if c.pack, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20)); err != nil {
		return nil, fmt.Errorf("prepare zstd: %w", err)
	}
	if c.unpack, err = zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxDecoded), zstd.WithDecoderConcurrency(1)); err != nil {
		return nil, fmt.Errorf("prepare zstd: %w", err)
	}
	return c, nil
}

// Encode implements converter.PayloadCodec.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return each(payloads, c.encode)
}

// Decode implements converter.PayloadCodec. A payload of an unknown key, or one that
// was changed, is an Invalid error.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return each(payloads, c.decode)
}

func each(payloads []*commonpb.Payload, apply func(*commonpb.Payload) (*commonpb.Payload, error)) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		var err error
		if out[i], err = apply(p); err != nil {
			return payloads, err
		}
	}
	return out, nil
}

func (c *Codec) encode(p *commonpb.Payload) (*commonpb.Payload, error) {
	raw, err := proto.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("marshal a payload: %w", err)
	}
	seal := c.seals[c.keyID]
	nonce := make([]byte, seal.NonceSize(), seal.NonceSize()+len(raw)+seal.Overhead()+1)
	if _, err := io.ReadFull(c.entropy, nonce); err != nil {
		return nil, fmt.Errorf("read randomness: %w", err)
	}
	return &commonpb.Payload{
		Metadata: map[string][]byte{
			converter.MetadataEncoding: []byte(payloadEncoding),
			keyIDMetadata:              []byte(c.keyID),
		},
		Data: seal.Seal(nonce, nonce, c.packed(raw), additionalData(c.keyID)),
	}, nil
}

func (c *Codec) decode(p *commonpb.Payload) (*commonpb.Payload, error) {
	if string(p.GetMetadata()[converter.MetadataEncoding]) != payloadEncoding {
		return p, nil
	}
	keyID := string(p.Metadata[keyIDMetadata])
	seal := c.seals[keyID]
	if seal == nil {
		return nil, pika.Errorf(pika.Invalid, "a payload was encrypted with another key than the one configured")
	}
	if len(p.Data) < seal.NonceSize() {
		return nil, errPayload
	}
	plain, err := seal.Open(nil, p.Data[:seal.NonceSize()], p.Data[seal.NonceSize():], additionalData(keyID))
	if err != nil {
		return nil, errPayload
	}
	raw, err := c.unpacked(plain)
	if err != nil {
		return nil, err
	}
	decoded := &commonpb.Payload{}
	if err := proto.Unmarshal(raw, decoded); err != nil {
		return nil, errPayload
	}
	return decoded, nil
}

var errPayload = pika.Errorf(pika.Invalid, "an encrypted payload is damaged or was changed")

func (c *Codec) packed(raw []byte) []byte {
	if len(raw) >= compressFrom {
		if small := c.pack.EncodeAll(raw, []byte{packedZstd}); len(small) < len(raw) {
			return small
		}
	}
	return append([]byte{packedPlain}, raw...)
}

func (c *Codec) unpacked(plain []byte) ([]byte, error) {
	switch {
	case len(plain) == 0:
		return nil, errPayload
	case plain[0] == packedPlain:
		return plain[1:], nil
	case plain[0] != packedZstd:
		return nil, errPayload
	}
	raw, err := c.unpack.DecodeAll(plain[1:], nil)
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return nil, pika.Errorf(pika.TooLarge, "an encrypted payload unpacks to more than %d bytes", maxDecoded)
	}
	if err != nil {
		return nil, errPayload
	}
	return raw, nil
}

func additionalData(keyID string) []byte { return []byte(payloadEncoding + "\x00" + keyID) }
