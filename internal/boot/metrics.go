package boot

import (
	"encoding/json"
	"io"
	"maps"
	"slices"
	"time"
)

// Metrics writes measurements as lines in CloudWatch's embedded metric format,
// under the namespace Rollbook: the service makes metrics of what a function
// prints, without a call.
type Metrics struct {
	Out  io.Writer
	Step string // the dimension Step
	Now  func() time.Time
}

// Count writes one line with all values, each a metric of its own. The
// properties are searchable in the log but make no metrics: ids, never
// personal data.
func (m Metrics) Count(values map[string]float64, properties map[string]string) error {
	type metric struct {
		Name string
		Unit string
	}
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []metric
	}
	names := slices.Sorted(maps.Keys(values))
	d := directive{Namespace: "Rollbook", Dimensions: [][]string{{"Step"}}}
	for _, n := range names {
		unit := "Count"
		if n == Duration {
			unit = "Milliseconds"
		}
		d.Metrics = append(d.Metrics, metric{n, unit})
	}
	line := map[string]any{
		"_aws": map[string]any{"Timestamp": m.Now().UnixMilli(), "CloudWatchMetrics": []directive{d}},
	}
	for k, v := range properties {
		line[k] = v
	}
	for n, v := range values {
		line[n] = v
	}
	line["Step"] = m.Step
	b, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = m.Out.Write(append(b, '\n'))
	return err
}
