package dynamo

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"rollbook/internal/domain"
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

// origin is "" for a contact that no import made.
func origin(o domain.Origin) string {
	if o.Import == "" {
		return ""
	}
	return pack(o.Import) + ":" + strconv.Itoa(o.Line)
}

func readOrigin(s string) (o domain.Origin) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return o
	}
	o.Import = unpack(s[:i])
	o.Line, _ = strconv.Atoi(s[i+1:])
	return o
}

// goneItem is what stays under the number of a contact that is deleted, so that
// nothing is ever made under it: when it was deleted, by which import's undo,
// which import had made it, and what imports decided about it, without values.
func goneItem(in domain.InstitutionID, n domain.ContactNumber, at time.Time, by string, was domain.Contact) item {
	it := contactKey(in, n)
	it["gone"] = num(at.Unix())
	if by != "" {
		it["by"] = str(by)
	}
	if o := origin(was.Origin); o != "" {
		it["made"] = str(o)
	}
	keepStamps(it, was.Mark, was.Stamps, false)
	return it
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
	it["mark"] = str(noMark)
	keepStamps(it, c.Mark, c.Stamps, true)
	it["v"] = num(int64(c.Version))
	if o := origin(c.Origin); o != "" {
		it["made"] = str(o)
	}
	return it, nil
}

func readContact(it item) domain.Contact {
	criteria, authorisations, prov := inner(it["criteria"]), inner(it["authorisations"]), inner(it["prov"])
	c := domain.Contact{
		Number:     domain.ContactNumber(stringOf(it["sk"])),
		Fields:     make(map[domain.Field]domain.Value, len(criteria)+len(authorisations)+8),
		Provenance: make(map[domain.Field]domain.Provenance, len(prov)),
		Mark:       orderOf(stringOf(it["mark"])),
		Stamps:     readStamps(it),
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
	return c
}
