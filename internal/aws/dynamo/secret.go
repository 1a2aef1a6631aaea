package dynamo

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain"
)

// secrets keeps the key of each institution by which addresses and names become
// keys of a table. Keys of tables are seen where values are not: in trails of
// calls, statistics of busy keys, texts of errors. The key lies in another table
// than what it hides.
type secrets struct {
	table
	people people // who may have look-ups of before; without a name, nobody has

	mu sync.Mutex
	of map[domain.InstitutionID]*secret
}

func newSecrets(t table, before people) *secrets {
	return &secrets{table: t, people: before, of: map[domain.InstitutionID]*secret{}}
}

func secretKey(in domain.InstitutionID) item { return keys(string(in)+"#key", "lookups") }

// A secret makes keys of one institution.
type secret struct {
	in   domain.InstitutionID
	key  []byte
	sums sync.Pool // of hash.Hash by the key
	// plain says that look-ups of before may be there, which had address and name
	// in their keys. They are read as well until CheckLookups has replaced them.
	plain bool
	// gathered says that look-ups of names may be there that lie in one partition for
	// each first letter. They are read as well, until then.
	gathered bool
}

func newSecret(in domain.InstitutionID, key []byte, plain, gathered bool) *secret {
	return &secret{in: in, key: key, plain: plain, gathered: gathered, sums: sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

// get returns the institution's secret, which the first caller of all makes.
func (s *secrets) get(ctx context.Context, in domain.InstitutionID) (*secret, error) {
	s.mu.Lock()
	known := s.of[in]
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	it, err := s.table.get(ctx, secretKey(in))
	if err != nil {
		return nil, err
	}
	if it == nil {
		if it, err = s.make(ctx, in); err != nil {
			return nil, err
		}
	}
	key, _ := it["key"].(*types.AttributeValueMemberB)
	made := newSecret(in, key.Value, it["plain"] != nil, it["spread"] == nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of[in] = made
	return made, nil
}

// make gives the institution a key, unless somebody just did. One that has
// contacts already has look-ups of before.
func (s *secrets) make(ctx context.Context, in domain.InstitutionID) (item, error) {
	key := make([]byte, sha256.Size)
	rand.Read(key)
	any := false
	if s.people.name != "" {
		var err error
		if any, err = s.people.any(ctx, in); err != nil {
			return nil, err
		}
	}
	set, values := "SET #key = :key, #spread = :spread", item{":key": &types.AttributeValueMemberB{Value: key}, ":spread": num(nameParts)}
	names := map[string]string{"#key": "key", "#spread": "spread"}
	if any {
		set, values[":plain"], names["#plain"] = set+", #plain = :plain", num(1), "plain"
	}
	it, _, err := s.update(ctx, dynamodb.UpdateItemInput{Key: secretKey(in), UpdateExpression: &set,
		ConditionExpression: aws.String("attribute_not_exists(#key)"), ExpressionAttributeNames: names, ExpressionAttributeValues: values})
	return it, err
}

// moved notes that there are no look-ups of before any more.
func (s *secrets) moved(ctx context.Context, in domain.InstitutionID) error {
	_, _, err := s.update(ctx, dynamodb.UpdateItemInput{Key: secretKey(in), UpdateExpression: aws.String("SET #spread = :spread REMOVE #plain"),
		ConditionExpression: aws.String("attribute_exists(#key)"), ExpressionAttributeNames: map[string]string{"#plain": "plain", "#key": "key", "#spread": "spread"},
		ExpressionAttributeValues: item{":spread": num(nameParts)}})
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.of, in)
	return err
}

// sum is what stands for a text of the kind.
func (s *secret) sum(kind, text string) [sha256.Size]byte {
	h := s.sums.Get().(hash.Hash)
	defer s.sums.Put(h)
	h.Reset()
	h.Write([]byte(kind))
	h.Write([]byte{0})
	h.Write([]byte(text))
	var out [sha256.Size]byte
	h.Sum(out[:0])
	return out
}

func (s *secret) hidden(kind, text string) string {
	sum := s.sum(kind, text)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// maxStart is how many letters of a name a search tells apart by the key alone.
const maxStart = 32

// starts stands for the starts of a name, one after the other: those of two names
// begin alike as far as the names do. What is alike by chance is no harm, since
// what is found is compared with the contact.
func (s *secret) starts(name string) string {
	var b strings.Builder
	letters := 0
	for i, r := range name {
		if letters++; letters > maxStart {
			break
		}
		sum := s.sum("start", name[:i+utf8.RuneLen(r)])
		b.WriteString(base64.RawURLEncoding.EncodeToString(sum[:3]))
	}
	return b.String()
}

// seal hides a text from whoever has no key.
func (s *secret) seal(text string) string {
	return string(s.aead().Seal(nil, nil, []byte(text), nil))
}

func (s *secret) open(sealed string) (string, bool) {
	text, err := s.aead().Open(nil, nil, []byte(sealed), nil)
	return string(text), err == nil
}

func (s *secret) aead() cipher.AEAD {
	key := s.sum("cursor", "")
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // the key has the length of one
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}
