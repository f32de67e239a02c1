package throng.peers;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.datadoghq.sketch.ddsketch.DDSketches;
import com.datadoghq.sketch.ddsketch.encoding.ByteArrayInput;
import com.datadoghq.sketch.ddsketch.encoding.GrowingByteArrayOutput;
import com.datadoghq.sketch.ddsketch.store.UnboundedSizeDenseStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.datasketches.hll.HllSketch;
import org.apache.datasketches.hll.TgtHllType;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** What a window of a district holds: count, mean, min, max, stddev and p99 of the temperature, distinct sensors. */
final class Climate {
  private static final double RELATIVE_ERROR = 0.01;
  private static final int LG_REGISTERS = 12;

  long count;
  double mean;
  double squares;
  double min = Double.POSITIVE_INFINITY;
  double max = Double.NEGATIVE_INFINITY;
  DDSketch sketch = DDSketches.unboundedDense(RELATIVE_ERROR);
  HllSketch sensors = new HllSketch(LG_REGISTERS, TgtHllType.HLL_8);

  Climate add(Reading reading) {
    sensors.update(reading.sensor);
    if (Double.isNaN(reading.temperature)) {
      return this;
    }
    ++count;
    double delta = reading.temperature - mean;
    mean += delta / count;
    squares += delta * (reading.temperature - mean);
    min = Math.min(min, reading.temperature);
    max = Math.max(max, reading.temperature);
    sketch.accept(reading.temperature);
    return this;
  }

  private byte[] bytes() {
    GrowingByteArrayOutput encoded = GrowingByteArrayOutput.withDefaultInitialCapacity();
    try {
      sketch.encode(encoded, false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] hll = sensors.toCompactByteArray();
    ByteBuffer out = ByteBuffer.allocate(5 * 8 + 2 * 4 + encoded.numWrittenBytes() + hll.length);
    out.putLong(count).putDouble(mean).putDouble(squares).putDouble(min).putDouble(max);
    out.putInt(encoded.numWrittenBytes()).put(encoded.backingArray(), 0, encoded.numWrittenBytes());
    out.putInt(hll.length).put(hll);
    return out.array();
  }

  private static Climate of(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    Climate climate = new Climate();
    climate.count = in.getLong();
    climate.mean = in.getDouble();
    climate.squares = in.getDouble();
    climate.min = in.getDouble();
    climate.max = in.getDouble();
    int size = in.getInt();
    try {
      climate.sketch = DDSketch.decode(ByteArrayInput.wrap(bytes, in.position(), size), UnboundedSizeDenseStore::new);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    in.position(in.position() + size);
    size = in.getInt();
    climate.sensors = HllSketch.heapify(Arrays.copyOfRange(bytes, in.position(), in.position() + size));
    return climate;
  }

  static Serde<Climate> serde() {
    return Serdes.serdeFrom((topic, x) -> x == null ? null : x.bytes(), (topic, bytes) -> bytes == null ? null : of(bytes));
  }
}
