package dynamo

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"rollbook/internal/domain"
)

// ended marks the item of a job that has ended, with its kind and when, for who
// reads the table's stream. A job that is open again has no mark.
func ended(it item, kind domain.JobKind, at time.Time, is bool) {
	if is {
		it["ended"] = str(string(kind) + "#" + strconv.FormatInt(at.UnixMilli(), 10))
	}
}

// DeliveriesKind is the kind of the records of messages on their way to webhooks.
const DeliveriesKind = "deliveries"

// Changed is what one record of the jobs table's stream means to those who tell
// others about it. The zero value: nothing.
type Changed struct {
	Ended    *domain.Job // a job has ended
	Delivery string      // the key of a message that was made
	// Institution is whose delivery it is.
	Institution domain.InstitutionID
}

// Change reads a record of the jobs table's stream, which must have new and old
// images.
func Change(r events.DynamoDBEventRecord) Changed {
	text := func(image map[string]events.DynamoDBAttributeValue, name string) string {
		v, ok := image[name]
		if !ok || v.DataType() != events.DataTypeString {
			return ""
		}
		return v.String()
	}
	now, before := r.Change.NewImage, r.Change.OldImage
	in, _, _ := strings.Cut(text(now, "pk"), "#")
	id := text(now, "sk")
	kind, _, _ := strings.Cut(text(now, "ended"), "#")
	switch {
	case kind != "" && text(now, "ended") != text(before, "ended"):
		return Changed{Ended: &domain.Job{Institution: domain.InstitutionID(in), Kind: domain.JobKind(kind), ID: id}}
	case text(now, "open") == DeliveriesKind && len(before) == 0:
		return Changed{Delivery: id, Institution: domain.InstitutionID(in)}
	}
	return Changed{}
}
