package throng.peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.TimestampExtractor;

/** The fields of a reading that the windows need; streamed out of the JSON, nothing else is kept. */
final class Reading {
  private static final JsonFactory JSON = new JsonFactory();

  long time = -1;
  String sensor;
  String district = "";
  double temperature = Double.NaN;

  /** Null: not a reading. */
  static Reading parse(byte[] json) {
    Reading reading = new Reading();
    try (JsonParser in = JSON.createParser(json)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String name = in.currentName();
        JsonToken token = in.nextToken();
        switch (name) {
          case "timestamp" -> reading.time = Instant.parse(in.getText()).toEpochMilli();
          case "sensor_id" -> reading.sensor = in.getText();
          case "district" -> reading.district = in.getText();
          case "temperature" -> reading.temperature = token.isNumeric() ? in.getDoubleValue() : Double.NaN;
          default -> in.skipChildren();
        }
      }
    } catch (IOException | DateTimeParseException e) {
      return null;
    }
    return reading.time < 0 || reading.sensor == null ? null : reading;
  }

  /** Compact, for the topic that groups readings by district. */
  static Serde<Reading> serde() {
    return Serdes.serdeFrom(
        (topic, x) -> {
          ByteArrayOutputStream bytes = new ByteArrayOutputStream(48);
          try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeLong(x.time);
            out.writeDouble(x.temperature);
            out.writeUTF(x.sensor);
            out.writeUTF(x.district);
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
          return bytes.toByteArray();
        },
        (topic, bytes) -> {
          Reading reading = new Reading();
          try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            reading.time = in.readLong();
            reading.temperature = in.readDouble();
            reading.sensor = in.readUTF();
            reading.district = in.readUTF();
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
          return reading;
        });
  }

  /** Event time, as the windows of both sides use it. */
  static final class Time implements TimestampExtractor {
    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
      return record.value() instanceof Reading reading ? reading.time : record.timestamp();
    }
  }
}
