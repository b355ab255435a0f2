package match

import (
	"encoding/binary"
	"math"

	"github.com/quidnunc-news/quidnunc/consumer/rule"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// The map is cut into cells of so many degrees, of four sizes. A rule that asks for a circle is looked up by the cells
// around it, of the smallest size of which few suffice.
var cellSizes = [...]float64{0.25, 1, 4, 16}

// maxCells is how many cells a circle is looked up by at most; what needs more, as around a pole, is tried for every
// event that has a place.
const maxCells = 16

// cell is one cell by its size, and its row and column from the south-west.
type cell struct{ size, row, column int }

// key is the value of the cell as a mark has it.
func (c cell) key(out []byte) []byte {
	out = append(out, 'a'+byte(c.size))
	return binary.BigEndian.AppendUint32(out, uint32(c.row)<<16|uint32(c.column))
}

// cellOf is the cell of a point.
func cellOf(size int, lat, lon float64) cell {
	return cell{size, int((lat + 90) / cellSizes[size]), int((lon + 180) / cellSizes[size])}
}

// cellsOf lists cells that hold the whole circle, or none if it takes too many.
func cellsOf(c rule.Circle) []cell {
	const degree = math.Pi / 180
	angle := c.Km/rule.EarthKm + 1e-9
	south, north := c.Lat-angle/degree, c.Lat+angle/degree
	if south <= -90 || north >= 90 { // a pole, with all its longitudes
		return nil
	}
	reach := math.Asin(min(1, math.Sin(angle)/math.Cos(c.Lat*degree)))/degree + 1e-9
	for size := range cellSizes {
		first, last := cellOf(size, south, 0).row, cellOf(size, north, 0).row
		columns := columnsOf(size, c.Lon-reach, c.Lon+reach)
		if (last-first+1)*len(columns) > maxCells {
			continue
		}
		var out []cell
		for row := first; row <= last; row++ {
			for _, column := range columns {
				out = append(out, cell{size, row, column})
			}
		}
		return out
	}
	return nil
}

// columnsOf lists the columns from west to east, across the date line too.
func columnsOf(size int, west, east float64) []int {
	var out []int
	last := cellOf(size, 0, 180).column
	from, to := int(math.Floor((west+180)/cellSizes[size])), int(math.Floor((east+180)/cellSizes[size]))
	if to-from >= last {
		from, to = 0, last
	}
	round := int(360 / cellSizes[size])
	wrapped := map[int]bool{}
	for n := from; n <= to; n++ {
		for _, column := range [...]int{n, n - round, n + round} {
			if column >= 0 && column <= last && !wrapped[column] {
				wrapped[column] = true
				out = append(out, column)
			}
		}
	}
	return out
}

// circle plans a circle: one of its cells, and then the distance.
func (b *planner) circle(spec rule.FieldSpec, c rule.Circle) *plan {
	distance := b.test(spec, c)
	cells := cellsOf(c)
	if len(cells) == 0 {
		return distance
	}
	near := b.made(plan{form: askAny})
	for _, c := range cells {
		near.parts = append(near.parts, b.made(plan{form: askEvent, mark: b.key(keyCell, string(c.key(nil)))}))
	}
	return b.made(plan{form: askAll, parts: []*plan{near, distance}})
}

// cellMarks marks the cells of an event's place.
func (v *view) cellMarks(p *news.Place, event int) {
	if !v.segment.fields.asked[keyCell] || !p.Located() {
		return
	}
	for size := range cellSizes {
		v.key = cellOf(size, p.Lat, p.Lon).key(append(v.key[:0], keyCell))
		v.keyed(event)
	}
}
