package workers_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/workers"
)

var (
	keyA = workers.Key(bytes.Repeat([]byte{1}, 32))
	keyB = workers.Key(bytes.Repeat([]byte{2}, 32))
)

func newCodec(t testing.TB, key workers.Key, older ...workers.Key) *workers.Codec {
	t.Helper()
	c, err := workers.NewCodec(key, older...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func payload(data []byte) *commonpb.Payload {
	return &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: data}
}

func encode(t testing.TB, c *workers.Codec, p *commonpb.Payload) *commonpb.Payload {
	t.Helper()
	out, err := c.Encode([]*commonpb.Payload{p})
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

func decode(c *workers.Codec, p *commonpb.Payload) (*commonpb.Payload, error) {
	out, err := c.Decode([]*commonpb.Payload{p})
	return out[0], err
}

func TestCodecRoundTrip(t *testing.T) {
	t.Parallel()
	c := newCodec(t, keyA)
	for _, data := range [][]byte{nil, []byte("x"), []byte(`"Tôi có con mèo tên Mướp"`), bytes.Repeat([]byte("Mướp "), 100_000)} {
		original := payload(data)
		sealed := encode(t, c, original)
		if len(data) > 10 && bytes.Contains(sealed.Data, data[:10]) {
			t.Error("the plain text is in the encoded payload")
		}
		if len(data) > 1000 && len(sealed.Data) > len(data)/10 {
			t.Errorf("%d bytes of repetition became %d", len(data), len(sealed.Data))
		}
		got, err := decode(c, sealed)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(original, got, protocmp.Transform()); diff != "" {
			t.Errorf("round trip (-want +got):\n%s", diff)
		}
		if again := encode(t, c, original); bytes.Equal(again.Data, sealed.Data) {
			t.Error("two encodings of one payload are equal: the nonce repeats")
		}
	}
}

func TestCodecKeys(t *testing.T) {
	t.Parallel()
	old := newCodec(t, keyA)
	sealed := encode(t, old, payload([]byte("x")))
	if _, err := decode(newCodec(t, keyB, keyA), sealed); err != nil {
		t.Errorf("after a change of the key: %v", err)
	}
	if _, err := decode(newCodec(t, keyB), sealed); pika.CodeOf(err) != pika.Invalid {
		t.Errorf("with another key: %v, want Invalid", err)
	}
	foreign := payload([]byte("plain"))
	if got, err := decode(old, foreign); err != nil || got != foreign {
		t.Errorf("a payload of another encoding became %v, %v", got, err)
	}
}

func TestCodecRefusesChangedPayloads(t *testing.T) {
	t.Parallel()
	c := newCodec(t, keyA)
	sealed := encode(t, c, payload([]byte("hello")))
	for i := range sealed.Data {
		changed := &commonpb.Payload{Metadata: sealed.Metadata, Data: bytes.Clone(sealed.Data)}
		changed.Data[i] ^= 1
		if _, err := decode(c, changed); pika.CodeOf(err) != pika.Invalid {
			t.Fatalf("byte %d changed: %v, want Invalid", i, err)
		}
	}
	for n := range len(sealed.Data) {
		if _, err := decode(c, &commonpb.Payload{Metadata: sealed.Metadata, Data: sealed.Data[:n]}); pika.CodeOf(err) != pika.Invalid {
			t.Fatalf("cut to %d bytes: %v, want Invalid", n, err)
		}
	}
}

func TestCodecRefusesABomb(t *testing.T) {
	t.Parallel()
	pack, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	bomb := pack.EncodeAll(make([]byte, 64<<20), []byte{1})
	if _, err := decode(newCodec(t, keyA), seal(t, bomb)); pika.CodeOf(err) != pika.TooLarge {
		t.Errorf("%d bytes that unpack to 64 MiB: %v, want TooLarge", len(bomb), err)
	}
}

// seal encrypts a plaintext of any form the way the codec does.
func seal(t testing.TB, plain []byte) *commonpb.Payload {
	t.Helper()
	like := encode(t, newCodec(t, keyA), payload(nil))
	block, err := aes.NewCipher(keyA[:])
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	nonce := make([]byte, gcm.NonceSize())
	extra := append(append(bytes.Clone(like.Metadata["encoding"]), 0), like.Metadata["pika-key-id"]...)
	return &commonpb.Payload{Metadata: like.Metadata, Data: gcm.Seal(bytes.Clone(nonce), nonce, plain, extra)}
}

func FuzzCodecRoundTrip(f *testing.F) {
	f.Add([]byte("json/plain"), []byte("Tôi có con mèo"))
	f.Add([]byte{}, bytes.Repeat([]byte("a"), 5000))
	c := newCodec(f, keyA)
	f.Fuzz(func(t *testing.T, encoding, data []byte) {
		original := &commonpb.Payload{Metadata: map[string][]byte{"encoding": encoding}, Data: data}
		got, err := decode(c, encode(t, c, original))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(original, got, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzCodecDecode(f *testing.F) {
	c := newCodec(f, keyA)
	f.Add([]byte{})
	f.Add([]byte{0, 1, 2})
	f.Add([]byte{1, 0x28, 0xb5, 0x2f, 0xfd})
	f.Fuzz(func(t *testing.T, plain []byte) {
		_, err := decode(c, seal(t, plain)) // never panics
		if code := pika.CodeOf(err); code != "" && code != pika.Invalid && code != pika.TooLarge {
			t.Errorf("error %v", err)
		}
		if _, err := decode(c, &commonpb.Payload{Metadata: seal(t, nil).Metadata, Data: plain}); pika.CodeOf(err) != pika.Invalid {
			t.Errorf("unsealed bytes: %v, want Invalid", err)
		}
	})
}
