package org.samplegrad.core.backend.cpu.kernels;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.stream.IntStream;

/**
 * The vector kernels with another number of lanes than this machine prefers: their classes once
 * more, from a class loader of their own, as the number is fixed when a class is loaded.
 */
public final class ForcedWidth extends ClassLoader {
  private static final String PACKAGE = "org.samplegrad.core.backend.cpu.kernels.incubator.";
  private static final String PROPERTY = "samplegrad.vector.lanes";

  private ForcedWidth() {
    super(ForcedWidth.class.getClassLoader());
  }

  /** Of vectors of 64 to 512 bits, all that Java has. */
  public static IntStream lanes() {
    return IntStream.of(2, 4, 8, 16);
  }

  public static VectorKernels kernels(int lanes) {
    System.setProperty(PROPERTY, Integer.toString(lanes));
    try {
      Class<?> kernels = new ForcedWidth().loadClass(PACKAGE + "IncubatorVectorKernels");
      return (VectorKernels) kernels.getDeclaredConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    } finally {
      System.clearProperty(PROPERTY);
    }
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(PACKAGE)) {
      return super.loadClass(name, resolve);
    }
    Class<?> loaded = findLoadedClass(name);
    return loaded != null ? loaded : define(name);
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    String file = name.replace('.', '/') + ".class";
    try (InputStream in = getParent().getResourceAsStream(file)) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] bytes = in.readAllBytes();
      return defineClass(name, bytes, 0, bytes.length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
