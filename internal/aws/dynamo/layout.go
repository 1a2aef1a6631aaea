package dynamo

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"rollbook/internal/domain"
	"rollbook/internal/domain/text"
)

// Buckets is over how many partitions an institution's contacts are spread, so
// that a bulk update is not bound by one partition's 1,000 writes a second.
const Buckets = 64

// noMark is the mark of a contact that no import changed.
const noMark = "-"

func bucketKey(in domain.InstitutionID, bucket int) string {
	return fmt.Sprintf("%s#%02d", in, bucket)
}

func contactKey(in domain.InstitutionID, n domain.ContactNumber) item {
	h := fnv.New32a()
	h.Write([]byte(n))
	return keys(bucketKey(in, int(h.Sum32()%Buckets)), string(n))
}

func mark(a domain.Applied) string {
	if a.Import == "" {
		return noMark
	}
	return a.Import + ":" + strconv.Itoa(a.Line)
}

func readMark(s string) (a domain.Applied) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return a
	}
	a.Import = s[:i]
	a.Line, _ = strconv.Atoi(s[i+1:])
	return a
}

// Provenance is one string: time, import, person and proof, without what is
// empty at the end. It is the most of an item, and an item over 1 KB costs
// twice: so the time is seconds and nanoseconds in base 36, and an import's
// UUID is 22 characters after a tilde. The separator is no character of theirs.
const provSep = "\x1f"

func provenance(p domain.Provenance) string {
	at := ""
	if !p.At.IsZero() {
		at = strconv.FormatInt(p.At.Unix(), 36)
		if n := p.At.Nanosecond(); n != 0 {
			at += "." + strconv.FormatInt(int64(n), 36)
		}
	}
	return strings.TrimRight(at+provSep+pack(clean(p.Import))+provSep+clean(string(p.By))+provSep+clean(p.Proof), provSep)
}

// pack writes a UUID in 22 characters after a tilde, and anything else as it is.
func pack(s string) string {
	if id, err := uuid.Parse(s); err == nil && id.String() == s {
		return "~" + base64.RawURLEncoding.EncodeToString(id[:])
	}
	return s
}

func unpack(s string) string {
	if packed, ok := strings.CutPrefix(s, "~"); ok {
		if b, err := base64.RawURLEncoding.DecodeString(packed); err == nil && len(b) == len(uuid.UUID{}) {
			return uuid.UUID(b).String()
		}
	}
	return s
}

func clean(s string) string { return strings.ReplaceAll(s, provSep, " ") }

func readProvenance(s string) (p domain.Provenance) {
	parts := strings.SplitN(s, provSep, 4)
	parts = append(parts, make([]string, 4-len(parts))...)
	if parts[0] != "" {
		seconds, nanos, _ := strings.Cut(parts[0], ".")
		at, _ := strconv.ParseInt(seconds, 36, 64)
		n, _ := strconv.ParseInt(nanos, 36, 64)
		p.At = time.Unix(at, n).UTC()
	}
	p.Import, p.By, p.Proof = unpack(parts[1]), domain.Who(parts[2]), parts[3]
	return p
}

// origin is "" for a contact that no import made.
func origin(o domain.Origin) string {
	if o.Import == "" {
		return ""
	}
	return pack(o.Import) + ":" + strconv.Itoa(o.Line)
}

func readOrigin(s string) (o domain.Origin) {
	a := readMark(s)
	return domain.Origin{Import: unpack(a.Import), Line: a.Line}
}

// goneItem is what stays under the number of a deleted contact, so that nothing
// is ever made under it: when it was deleted, by which import's undo, and which
// import had made it.
func goneItem(in domain.InstitutionID, n domain.ContactNumber, at time.Time, by string, o domain.Origin) item {
	it := contactKey(in, n)
	it["gone"] = num(at.Unix())
	if by != "" {
		it["by"] = str(by)
	}
	if o := origin(o); o != "" {
		it["made"] = str(o)
	}
	return it
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

func isGone(it item) bool { return it["gone"] != nil }

func hasProvenance(f domain.Field) bool {
	room, _ := f.Split()
	return room != domain.ContactRoom
}

// path returns where a field lies: a top-level attribute (inMap "") or an entry
// of a map.
func path(f domain.Field) (inMap, name string, ok bool) {
	room, code := f.Split()
	switch room {
	case domain.CriterionRoom:
		return "criteria", code, domain.ValidCode(code)
	case domain.AuthorisationRoom:
		return "authorisations", code, domain.ValidCode(code)
	case domain.ContactRoom:
		for _, c := range domain.ContactFields {
			if c.Field == f {
				return "", code, true
			}
		}
	}
	return "", "", false
}

func contactItem(in domain.InstitutionID, c domain.Contact) (item, error) {
	criteria, authorisations, prov := item{}, item{}, item{}
	it := contactKey(in, c.Number)
	for f, v := range c.Fields {
		if v == domain.Empty {
			continue
		}
		inMap, name, ok := path(f)
		if !ok {
			return nil, errField
		}
		switch inMap {
		case "criteria":
			criteria[name] = str(string(v))
		case "authorisations":
			authorisations[name] = str(string(v))
		default:
			it[name] = str(string(v))
		}
	}
	for f, p := range c.Provenance {
		prov[f.Code()] = str(provenance(p))
	}
	it["criteria"], it["authorisations"], it["prov"] = object(criteria), object(authorisations), object(prov)
	it["mark"], it["before"] = str(mark(c.Applied)), beforeMap(c.Applied)
	it["v"] = num(int64(c.Version))
	if o := origin(c.Origin); o != "" {
		it["made"] = str(o)
	}
	return it, nil
}

func beforeMap(a domain.Applied) types.AttributeValue {
	m := make(item, len(a.Before))
	for f, v := range a.Before {
		m[string(f)] = str(string(v))
	}
	return object(m)
}

func readContact(it item) domain.Contact {
	criteria, authorisations, prov, before := inner(it["criteria"]), inner(it["authorisations"]), inner(it["prov"]), inner(it["before"])
	c := domain.Contact{
		Number:     domain.ContactNumber(stringOf(it["sk"])),
		Fields:     make(map[domain.Field]domain.Value, len(criteria)+len(authorisations)+8),
		Provenance: make(map[domain.Field]domain.Provenance, len(prov)),
		Applied:    readMark(stringOf(it["mark"])),
		Origin:     readOrigin(stringOf(it["made"])),
		Version:    int(number(it["v"])),
	}
	for _, f := range domain.ContactFields {
		if v := stringOf(it[f.Field.Code()]); v != "" {
			c.Fields[f.Field] = domain.Value(v)
		}
	}
	room := func(room string, m item) {
		for code, v := range m {
			f := domain.Field(room + ":" + code)
			c.Fields[f] = domain.Value(stringOf(v))
			if p, ok := prov[code]; ok {
				c.Provenance[f] = readProvenance(stringOf(p))
			}
		}
	}
	room(domain.CriterionRoom, criteria)
	room(domain.AuthorisationRoom, authorisations)
	if len(before) > 0 {
		c.Applied.Before = make(map[domain.Field]domain.Value, len(before))
		for f, v := range before {
			c.Applied.Before[domain.Field(f)] = domain.Value(stringOf(v))
		}
	}
	return c
}

// A lookup is one key of the emails table, by which a contact is found.
type lookup struct{ pk, sk string }

func (l lookup) item() item { return keys(l.pk, l.sk) }

// maxName cuts names in sort keys, which hold 1,024 bytes at most; what is found
// is compared with the whole name.
const maxName = 400

// name is what a search by name compares with: last name, blank, first name.
func name(c domain.Contact) string {
	last := text.Normalise(string(c.Get(domain.ContactLastName)))
	if last == "" {
		return ""
	}
	return strings.TrimSpace(last + " " + text.Normalise(string(c.Get(domain.ContactFirstName))))
}

func cutName(s string) string {
	if len(s) <= maxName {
		return s
	}
	s = s[:maxName]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}

func emailKey(in domain.InstitutionID, email string) string {
	return string(in) + "#e#" + text.NormaliseEmail(email)
}

// nameKey spreads names by their first letter: one letter is the shortest start
// that can be searched, and a search must know its partition.
func nameKey(in domain.InstitutionID, name string) string {
	r, _ := utf8.DecodeRuneInString(name)
	return string(in) + "#n#" + string(r)
}

func nameSort(name string, n domain.ContactNumber) string {
	return cutName(name) + "\t" + string(n)
}

// lookups returns the keys by which the contact is found.
func lookups(in domain.InstitutionID, c domain.Contact) []lookup {
	var out []lookup
	if text.NormaliseEmail(c.Email()) != "" {
		out = append(out, lookup{emailKey(in, c.Email()), string(c.Number)})
	}
	if n := name(c); n != "" {
		out = append(out, lookup{nameKey(in, n), nameSort(n, c.Number)})
	}
	return out
}
