package dynamo

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain/fault"
)

type item = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func num(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
func keys(pk, sk string) item             { return item{"pk": str(pk), "sk": str(sk)} }
func object(m item) types.AttributeValue  { return &types.AttributeValueMemberM{Value: m} }
func boolean(b bool) types.AttributeValue { return &types.AttributeValueMemberBOOL{Value: b} }

// stringOf returns a string attribute, "" if it is missing.
func stringOf(a types.AttributeValue) string {
	if s, ok := a.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// number returns a number attribute, 0 if it is missing.
func number(a types.AttributeValue) int64 {
	if n, ok := a.(*types.AttributeValueMemberN); ok {
		v, _ := strconv.ParseInt(n.Value, 10, 64)
		return v
	}
	return 0
}

// inner returns a map attribute, nil if it is missing.
func inner(a types.AttributeValue) item {
	if m, ok := a.(*types.AttributeValueMemberM); ok {
		return m.Value
	}
	return nil
}

// maxItem is the most bytes that the service takes in one item.
const maxItem = 400 << 10

// size is what the service counts for a value: its bytes, 3 for a map or list
// and 1 for each of their entries.
func size(v types.AttributeValue) int {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return len(v.Value)/2 + 2
	case *types.AttributeValueMemberM:
		n := 3
		for name, entry := range v.Value {
			n += 1 + len(name) + size(entry)
		}
		return n
	}
	return 1
}

// marshal makes the attribute doc: what no condition looks at is one JSON text.
func marshal(v any) (types.AttributeValue, error) {
	b, err := json.Marshal(v)
	return str(string(b)), fault.Wrap(fault.Internal, "docWritten", err)
}

func unmarshal(it item, v any) error {
	return fault.Wrap(fault.Internal, "docUnreadable", json.Unmarshal([]byte(stringOf(it["doc"])), v))
}

// expires has the service remove the item some time after the moment.
func expires(it item, at time.Time) {
	if !at.IsZero() {
		it["ttl"] = num(at.Unix())
	}
}
